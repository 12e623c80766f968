import { hasCode, RpcCode, RpcError } from '../errors.js';
import type { Line } from '../follower/line.js';
import { performance } from '../timers.js';

/** The process that led when this process last followed one. */
export class LastLeader {
  readonly #name: string;
  readonly #lostAt = performance.now();

  /** Must be made when the line to the Leader has ended. */
  constructor({ agreement: { holder }, peer }: Pick<Line, 'agreement' | 'peer'>) {
    this.#name = holder === undefined ? peer : `process ${holder.pid}, ${peer}`;
  }

  /**
   * Why the holder of the port does not answer: the Leader of before is blocked or suspended. Undefined where the error says
   * more than that no answer came.
   */
  whyUnanswered(error: unknown): string | undefined {
    if (!isUnanswered(error)) return undefined;
    const seconds = Math.max(1, Math.round((performance.now() - this.#lostAt) / 1_000));
    return `its Leader (${this.#name}) has not answered for ${seconds} s: the event loop of that process is blocked, or the process is suspended; continue the process, or end it`;
  }
}

/** A hung process still holds its port: the system makes connections, and no answer to a registration comes. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  return (
    hasCode(error, [RpcCode.Timeout, RpcCode.PeerSilent]) ||
    (error.code === RpcCode.Connect && error.cause === undefined)
  );
}
