import type { Load, LoadResult } from './load.js';
import { HostProcess, peerUrl } from './host-process.js';

const START_TIMEOUT_MS = 15_000;
/** Past the length of a round: for answers still on their way when it ends. */
const LOAD_GRACE_MS = 10_000;
const COLLECT_TIMEOUT_MS = 10_000;

export type Side = 'client' | 'server';

/** Node arguments for the process of one end, such as a profiler's. */
export type NodeArgs = (side: Side) => readonly string[];

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
  static async start(name: string, folder: URL, nodeArgs: NodeArgs = () => []): Promise<PeerPair> {
    const server = new HostProcess(`${name} server`, nodeArgs('server'));
    const client = new HostProcess(`${name} client`, nodeArgs('client'));
    const pair = new PeerPair(name, server, client);
    try {
      const url = peerUrl(name, folder);
      const { port } = await server.ask('serve', { peerUrl: url }, START_TIMEOUT_MS);
      await client.ask('connect', { peerUrl: url, port }, START_TIMEOUT_MS);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async run(load: Load): Promise<LoadResult> {
    await Promise.all([this.#server, this.#client].map((host) => host.ask('collect', {}, COLLECT_TIMEOUT_MS)));
    return this.#client.ask('load', load, load.seconds * 1000 + LOAD_GRACE_MS);
  }

  async stop(): Promise<void> {
    // The client first: a server that drains would wait for it.
    await this.#client.stop();
    await this.#server.stop();
  }
}
