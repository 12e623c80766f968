import type { Load, LoadResult } from './load.js';
import { HostProcess, peerUrl } from './host-process.js';

const START_TIMEOUT_MS = 15_000;
/** Past the length of a round: for answers still on their way when it ends. */
const LOAD_GRACE_MS = 10_000;

export type Side = 'client' | 'server';

export interface PairOptions {
  /** Node arguments for the process of one end, such as a profiler's. */
  readonly nodeArgs?: (side: Side) => readonly string[];
  /** Each process on a core of its own, wherever the scheduler would put it. */
  readonly pin?: boolean;
}

/** Linux gives interrupts and kernel threads to core 0 first; the client is the busier end. */
const CORE_OF = { server: 0, client: 1 } as const satisfies Record<Side, number>;

/** A peer's two processes, connected. */
export class PeerPair {
  readonly name: string;
  readonly #server: HostProcess;
  readonly #client: HostProcess;

  private constructor(name: string, server: HostProcess, client: HostProcess) {
    this.name = name;
    this.#server = server;
    this.#client = client;
  }

  /** Rejects, with nothing left running, when the peer cannot be loaded, started or connected. */
  static async start(name: string, folder: URL, options: PairOptions = {}): Promise<PeerPair> {
    const nodeArgs = options.nodeArgs ?? (() => []);
    const server = new HostProcess(`${name} server`, nodeArgs('server'));
    const client = new HostProcess(`${name} client`, nodeArgs('client'));
    const pair = new PeerPair(name, server, client);
    try {
      if (options.pin === true) {
        server.pinTo(CORE_OF.server);
        client.pinTo(CORE_OF.client);
      }
      const url = peerUrl(name, folder);
      const { port } = await server.ask('serve', { peerUrl: url }, START_TIMEOUT_MS);
      await client.ask('connect', { peerUrl: url, port }, START_TIMEOUT_MS);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  run(load: Load): Promise<LoadResult> {
    return this.#client.ask('load', load, load.seconds * 1000 + LOAD_GRACE_MS);
  }

  async stop(): Promise<void> {
    // The client first: a server that drains would wait for it.
    await this.#client.stop();
    await this.#server.stop();
  }
}
