import { RpcCode, RpcError } from '../../lib/errors.js';
import { Line, type LineHandler } from '../../lib/follower/line.js';
import type { LineOptions } from '../../lib/follower/line-options.js';
import { OpenLines } from '../../lib/follower/open-lines.js';
import { RELAY } from '../../lib/protocol/relay-message.js';
import type { OpenLine } from '../index.js';
import { RemoteUpstreams } from './remote-upstreams.js';

/** Lines of a Follower: the line to the Leader, and lines to earlier Leaders that still answer calls. */
export class LeaderLines {
  readonly #options: LineOptions;
  readonly #openLine: OpenLine;
  readonly #open = new OpenLines();

  constructor(options: LineOptions, openLine: OpenLine = Line.open) {
    this.#options = options;
    this.#openLine = openLine;
  }

  /**
   * Connects to the Leader. Rejects as {@link Line.open} does, and with {@link RpcCode.Register} where the Leader relays
   * no calls. `handler` is notified of the end of the line.
   */
  async connect(handler: LineHandler, signal: AbortSignal): Promise<RemoteUpstreams> {
    let upstreams: RemoteUpstreams | undefined;
    const lineHandler: LineHandler = {
      onGoaway: (line) => handler.onGoaway(line),
      onClosed: (line, reason) => {
        handler.onClosed(line, reason);
        this.#open.delete(line);
      },
      onDrained: () => upstreams?.onDrained(),
      onMailBoxState: (_line, head) => upstreams?.onMailBoxState(head),
    };
    const line = await this.#openLine(this.#options, lineHandler, signal);
    if (!line.features.includes(RELAY)) {
      const why = `${line.peer} shares no mailboxes: the port belongs to a server, or to a Leader of another package`;
      const refusal = new RpcError(RpcCode.Register, why);
      line.destroy(refusal);
      throw refusal;
    }
    this.#open.add(line);
    upstreams = new RemoteUpstreams(line);
    return upstreams;
  }

  /** Sends what is queued, and ends each line when its calls are answered. Resolves after at most `timeoutMs`. */
  drain(reason: RpcError, timeoutMs: number): Promise<void> {
    return this.#open.drain(reason, timeoutMs);
  }

  destroy(reason: RpcError): void {
    this.#open.destroy(reason);
  }
}
