import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Client, createClient } from 'mailstation';
import { ItemCheck } from '../streams/items.js';
import type { FigureQuestions, Memory } from './host-protocol.js';
import { memoryNow, peakOf } from './memory.js';
import type * as figures from './remote/figures.js';
import { LOGGER, NAMESPACE, REMOTE, SERVER } from './server.js';

interface Remotes {
  user: { store: { figures: typeof figures } };
}

type AnswerTo<Name extends keyof FigureQuestions> = FigureQuestions[Name]['answer'];

/** Time between two plain calls, so that they meet the streams at all stages. */
const PAUSE_MS = 1;
/** Time for the streams to get going before plain calls are measured. */
const RAMP_MS = 300;
/** The slow reader rests after so many items of 64 KiB. */
const ITEMS_A_REST = 4;
/** The slow reader looks at its memory after so many items. */
const ITEMS_A_SAMPLE = 512;

/** The client's end of the figures. */
export class FigureClient {
  readonly #client: Client<Remotes>;

  private constructor(client: Client<Remotes>) {
    this.#client = client;
  }

  static async connect(port: number): Promise<FigureClient> {
    const client = createClient<Remotes>({ logger: LOGGER });
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER.serverType, path: REMOTE }]);
    client.addServers([{ ...SERVER, port }]);
    await client.start();
    return new FigureClient(client);
  }

  async calls(streams: number, ms: number): Promise<AnswerTo<'calls'>> {
    const stop = new AbortController();
    let items = 0;
    const reader = async (): Promise<void> => {
      for await (const _ of this.#figures.large.stream(null, Number.MAX_SAFE_INTEGER)) {
        items += 1;
        if (stop.signal.aborted) break;
      }
    };
    const readers = Array.from({ length: streams }, reader);
    await setTimeout(RAMP_MS);
    items = 0;
    const latenciesMs: number[] = [];
    const itemsMeanwhile: number[] = [];
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const itemsBefore = items;
      const startedAt = performance.now();
      await this.#figures.echo(null, latenciesMs.length);
      latenciesMs.push(performance.now() - startedAt);
      itemsMeanwhile.push(items - itemsBefore);
      await setTimeout(PAUSE_MS);
    }
    const counted = items;
    stop.abort();
    await Promise.all(readers);
    return { latenciesMs, itemsMeanwhile, items: counted };
  }

  async breaks(count: number): Promise<AnswerTo<'breaks'>> {
    const untilFinallyMs: number[] = [];
    for (let round = 0; round < count; round++) {
      let brokeAtUs = 0;
      for await (const _ of this.#figures.numbers.stream(null)) {
        brokeAtUs = Number(process.hrtime.bigint() / 1_000n);
        break;
      }
      let endedAtUs = 0;
      while (endedAtUs === 0) endedAtUs = await this.#figures.endedAtUs(null);
      untilFinallyMs.push((endedAtUs - brokeAtUs) / 1_000);
    }
    return { untilFinallyMs };
  }

  async slow(items: number): Promise<AnswerTo<'slow'>> {
    const check = new ItemCheck('64k', items);
    const startedAt = performance.now();
    let bytes = 0;
    let peak: Memory = { live: 0, rss: 0 };
    for await (const item of this.#figures.large.stream(null, items)) {
      check.take(item);
      if ('data' in item) bytes += item.data.length;
      if (item.id % ITEMS_A_REST === 0) await setTimeout(1);
      if (item.id % ITEMS_A_SAMPLE !== 0) continue;
      await setImmediate();
      peak = peakOf(peak, memoryNow());
    }
    check.end();
    return { bytes, seconds: (performance.now() - startedAt) / 1_000, peak };
  }

  close(): Promise<void> {
    return this.#client.stop(true);
  }

  get #figures() {
    return this.#client.proxies.user.store.figures;
  }
}
