import { fileURLToPath } from 'node:url';
import type { CorePair } from '../cores.js';
import { HostProcess, peerUrl } from '../host-process.js';
import type { FigureQuestions } from './host-protocol.js';

const HOST_PROGRAM = fileURLToPath(peerUrl('host', new URL('./', import.meta.url)));
const NODE_ARGS = ['--expose-gc'];
const START_MS = 30_000;

/** The server and the client of the figures, connected. */
export class FigurePair {
  readonly server: HostProcess<FigureQuestions>;
  readonly client: HostProcess<FigureQuestions>;

  private constructor() {
    this.server = new HostProcess<FigureQuestions>('server', NODE_ARGS, HOST_PROGRAM);
    this.client = new HostProcess<FigureQuestions>('client', NODE_ARGS, HOST_PROGRAM);
  }

  /** Rejects, with nothing left running, where a process cannot start. */
  static async start(cores: CorePair | undefined): Promise<FigurePair> {
    const pair = new FigurePair();
    try {
      if (cores !== undefined) {
        pair.server.pinTo(cores.server);
        pair.client.pinTo(cores.client);
      }
      const { port } = await pair.server.ask('serve', {}, START_MS);
      await pair.client.ask('connect', { port }, START_MS);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async stop(): Promise<void> {
    await this.client.stop();
    await this.server.stop();
  }
}
