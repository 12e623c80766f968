import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import type { Registration } from './fixtures/data-client.js';
import type { ClientOptions, Request } from './fixtures/peer.js';
import { pack, unpack } from './fixtures/values.js';

const PROGRAM = new URL('./fixtures/peer.ts', import.meta.url);
/** A stock Follower looks for its Leader every 3 s, and waits 6 s where its registration was not heard. */
const ANSWER_LIMIT_MS = 30_000;

const START_LIMIT_MS = 40_000;

/** Package whose `cluster()` a process uses: the real cluster-client, ours, or the frozen one. */
export type Library = 'stock' | 'mailstation' | 'frozen';

export type Scope = Pick<TestContext, 'after'>;

/** What a shared client's method was rejected with, in its caller's process. */
export class PeerError extends Error {
  readonly code: string | undefined;

  constructor({ name, message, code }: Pick<PeerError, 'name' | 'message' | 'code'>) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

let lastId = 0;

/** A process with a shared client, seen from the test. */
export class Peer {
  readonly library: Library;
  readonly #child: SpawnedProcess;
  readonly #client: string;

  /** A process that has loaded the library, and made no client yet. It is killed when the test is over. */
  static async start(t: Scope, library: Library): Promise<Peer> {
    const { child } = await spawnProcess(t, PROGRAM, { args: [library], readyTimeoutMs: START_LIMIT_MS });
    return new Peer(library, child);
  }

  private constructor(library: Library, child: SpawnedProcess, client = 'main') {
    this.library = library;
    this.#child = child;
    this.#client = client;
  }

  /** Another client of the same process. */
  as(client: string): Peer {
    return new Peer(this.library, this.#child, client);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#child.stderr;
  }

  get isRunning(): boolean {
    return this.#child.isRunning;
  }

  /** Resolves when the client is ready. */
  async create(options: ClientOptions, upstreamPort: number): Promise<void> {
    await this.#ask({ op: 'create', options, upstreamPort });
  }

  /** With a promise, as most would. Rejects with a {@link PeerError}. */
  call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#ask({ op: 'call', method, args: pack(args), style: 'promise' });
  }

  callIn(style: 'promise' | 'callback' | 'generator' | 'oneway', method: string, ...args: unknown[]): Promise<unknown> {
    return this.#ask({ op: 'call', method, args: pack(args), style });
  }

  /** Text and a Buffer that take so many bytes in a stock peer's encoding go to the real client and come back, or this rejects. */
  async echoLarge(bytes: number): Promise<void> {
    await this.#ask({ op: 'echoLarge', bytes });
  }

  async subscribe(dataId: string, listener = 'main'): Promise<void> {
    await this.#ask({ op: 'subscribe', reg: { dataId }, listener });
  }

  async unSubscribe(dataId: string, listener = 'main'): Promise<void> {
    await this.#ask({ op: 'unSubscribe', reg: { dataId }, listener });
  }

  async unSubscribeAll(dataId: string): Promise<void> {
    await this.#ask({ op: 'unSubscribeAll', reg: { dataId } });
  }

  async publish(reg: Registration): Promise<void> {
    await this.#ask({ op: 'publish', reg });
  }

  /** All that the listener has been called with, as soon as that is so many values. */
  async values(count: number, listener = 'main'): Promise<unknown[]> {
    return (await this.#ask({ op: 'values', listener, count })) as unknown[];
  }

  /** Resolves when the last value is this one. */
  async untilValue(value: unknown, listener = 'main'): Promise<void> {
    for (let count = 1; ; count++) {
      const values = await this.values(count, listener);
      if (isDeepStrictEqual(values.at(-1), value)) return;
      count = values.length;
    }
  }

  async ready(): Promise<void> {
    await this.#ask({ op: 'ready' });
  }

  async leads(): Promise<boolean> {
    return (await this.#ask({ op: 'leads' })) as boolean;
  }

  /** `error ...`, `close` and what the real client has emitted, as the shared client emitted it. */
  async events(): Promise<string[]> {
    return (await this.#ask({ op: 'events' })) as string[];
  }

  async untilEvent(event: string): Promise<void> {
    await until(async () => (await this.events()).includes(event), {
      what: `the event ${event}`,
      timeoutMs: ANSWER_LIMIT_MS,
    });
  }

  /** `cluster.close(client)`. */
  async close(): Promise<void> {
    await this.#ask({ op: 'close' });
  }

  async kill(): Promise<void> {
    await this.#child.kill('SIGKILL');
  }

  async #ask(request: Request): Promise<unknown> {
    lastId += 1;
    const id = lastId;
    this.#child.send({ id, client: this.#client, ...request } as unknown as Json);
    const answer = (await this.#child.next({
      match: (message) => (message as { id?: number }).id === id,
      timeoutMs: ANSWER_LIMIT_MS,
    })) as { value?: string; error?: string };
    if (answer.error !== undefined) throw new PeerError(unpack(answer.error) as PeerError);
    return unpack(answer.value ?? pack(undefined));
  }
}
