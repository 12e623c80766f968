import type { CorePair } from './cores.js';
import { HostProcess } from './host-process.js';
import type { Load, LoadCount, LoadResult } from './load.js';

const START_TIMEOUT_MS = 15_000;
/** Past the length of a round: for answers still on their way when it ends. */
const LOAD_GRACE_MS = 10_000;
const CPU_TIMEOUT_MS = 10_000;
const COLLECT_TIMEOUT_MS = 20_000;
/** Some ten thousand calls on a busy machine. */
const COUNT_TIMEOUT_MS = 120_000;

/** A {@link LoadResult}, and what only the pair knows. */
export interface PairResult extends LoadResult {
  /** CPU time of both processes for one call. What else runs on the machine hardly changes it. */
  readonly cpuUsPerCall: number;
}

export type Side = 'client' | 'server';

export interface PairOptions {
  /** Node arguments for the process of one end, such as a profiler's. */
  readonly nodeArgs?: (side: Side) => readonly string[];
  /** Where the two processes are kept; by default the scheduler places them. */
  readonly cores?: CorePair | undefined;
}

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
  static async start(name: string, url: string, options: PairOptions = {}): Promise<PeerPair> {
    const nodeArgs = options.nodeArgs ?? (() => []);
    const server = new HostProcess(`${name} server`, nodeArgs('server'));
    const client = new HostProcess(`${name} client`, nodeArgs('client'));
    const pair = new PeerPair(name, server, client);
    try {
      if (options.cores !== undefined) {
        server.pinTo(options.cores.server);
        client.pinTo(options.cores.client);
      }
      const { port } = await server.ask('serve', { peerUrl: url }, START_TIMEOUT_MS);
      await client.ask('connect', { peerUrl: url, port }, START_TIMEOUT_MS);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async run(load: Load): Promise<PairResult> {
    const before = await this.#cpuUs();
    const result = await this.#client.ask('load', load, load.seconds * 1000 + LOAD_GRACE_MS);
    return { ...result, cpuUsPerCall: ((await this.#cpuUs()) - before) / result.allCalls };
  }

  /** Makes the calls and resolves with the bytes that each end has allocated. No garbage may be collected meanwhile. */
  async allocated(load: LoadCount): Promise<Record<Side, number>> {
    const ends = { client: this.#client, server: this.#server };
    const before = {
      client: (await ends.client.ask('collect', {}, COLLECT_TIMEOUT_MS)).bytes,
      server: (await ends.server.ask('collect', {}, COLLECT_TIMEOUT_MS)).bytes,
    };
    await this.count(load);
    return {
      client: (await ends.client.ask('young', {}, COLLECT_TIMEOUT_MS)).bytes - before.client,
      server: (await ends.server.ask('young', {}, COLLECT_TIMEOUT_MS)).bytes - before.server,
    };
  }

  async count(load: LoadCount): Promise<void> {
    await this.#client.ask('count', load, COUNT_TIMEOUT_MS);
  }

  async #cpuUs(): Promise<number> {
    const server = await this.#server.ask('cpu', {}, CPU_TIMEOUT_MS);
    const client = await this.#client.ask('cpu', {}, CPU_TIMEOUT_MS);
    return server.us + client.us;
  }

  async stop(): Promise<void> {
    // The client first: a server that drains would wait for it.
    await this.#client.stop();
    await this.#server.stop();
  }
}
