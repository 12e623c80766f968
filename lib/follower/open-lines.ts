import { settledWithin } from '../call/held-calls.js';
import type { RpcError } from '../errors.js';
import type { Line } from './line.js';

/** Open lines of one Follower: the line to the Leader, and lines to earlier Leaders that still answer calls in flight. */
export class OpenLines {
  readonly #lines = new Set<Line>();
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#lines.size;
  }

  /** Does nothing for a line that is closed already: {@link delete} was called before. */
  add(line: Line): void {
    if (line.closeReason === undefined) this.#lines.add(line);
  }

  /** Called when the line is closed. */
  delete(line: Line): void {
    if (this.#lines.delete(line) && this.#lines.size === 0) this.#onEmpty?.();
  }

  /** Drains each line. Resolves when all are closed, after `timeoutMs` at most: an earlier drain may have more time left. */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#lines.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const line of [...this.#lines]) line.drain(reason, timeoutMs);
    await settledWithin(empty, timeoutMs);
  }

  destroy(reason: RpcError): void {
    for (const line of [...this.#lines]) line.destroy(reason);
  }
}
