import { fileURLToPath } from 'node:url';
import type { CorePair } from '../cores.js';
import { HostProcess, peerUrl } from '../host-process.js';
import type { Contestant } from '../scenario.js';
import type { StreamLoad, StreamQuestions } from './host-protocol.js';

const HOST_PROGRAM = fileURLToPath(peerUrl('host', new URL('./', import.meta.url)));
/**
 * Room for old objects from the start on, in MiB. V8 sets the limit of a small heap at the first full collection, by what it finds then. A client that
 * met that moment early marked its heap again at each 16 MiB of items, 25 times in 8 rounds and for half of its CPU time, and others
 * never: the peer that was started first was measured at twice its price.
 */
const HEAP_ARGS = ['--initial-old-space-size=512'];
const START_MS = 30_000;
const ROUND_MS = 120_000;
const CPU_MS = 30_000;

export interface StreamRound {
  readonly itemsPerSecond: number;
  /** CPU time of both processes for one item. */
  readonly cpuUs: number;
}

/** The two processes of a peer, connected. */
export class StreamPair {
  readonly #server: HostProcess<StreamQuestions>;
  readonly #client: HostProcess<StreamQuestions>;

  private constructor(server: HostProcess<StreamQuestions>, client: HostProcess<StreamQuestions>) {
    this.#server = server;
    this.#client = client;
  }

  /** Rejects, with nothing left running, when the peer cannot be loaded, started or connected. */
  static async start({ name, url }: Contestant, cores: CorePair | undefined): Promise<StreamPair> {
    const server = new HostProcess<StreamQuestions>(`${name} server`, HEAP_ARGS, HOST_PROGRAM);
    const client = new HostProcess<StreamQuestions>(`${name} client`, HEAP_ARGS, HOST_PROGRAM);
    const pair = new StreamPair(server, client);
    try {
      if (cores !== undefined) {
        server.pinTo(cores.server);
        client.pinTo(cores.client);
      }
      const { port } = await server.ask('serve', { peerUrl: url }, START_MS);
      await client.ask('connect', { peerUrl: url, port }, START_MS);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async run(load: StreamLoad): Promise<StreamRound> {
    const items = load.streams * load.items;
    const before = await this.#cpuUs();
    const { seconds } = await this.#client.ask('receive', load, ROUND_MS);
    return { itemsPerSecond: items / seconds, cpuUs: ((await this.#cpuUs()) - before) / items };
  }

  async #cpuUs(): Promise<number> {
    const server = await this.#server.ask('cpu', {}, CPU_MS);
    const client = await this.#client.ask('cpu', {}, CPU_MS);
    return server.us + client.us;
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    await this.#server.stop();
  }
}
