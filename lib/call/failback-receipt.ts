import type { RpcError } from '../errors.js';

/**
 * Result of a call with `failMode: 'failback'` that failed, and will be tried again in the background.
 * @example
 * ```ts
 * import { createClient, FailbackReceipt } from 'mailstation';
 *
 * const client = createClient();
 * client.on('failback:delivered', ({ id, method }, results) => console.log(`${id}: ${method} answered`, results));
 * client.on('failback:givenUp', ({ id, method }, error) => console.log(`${id}: ${method} failed: ${error.message}`));
 *
 * export async function save(score: number): Promise<void> {
 *   const { add } = client.proxies.user.score.board;
 *   const result = await add.with({ failMode: 'failback', idempotent: true })(undefined, score);
 *   if (result instanceof FailbackReceipt) console.log(`call ${result.id} will be tried again: ${result.error.message}`);
 * }
 * ```
 */
export class FailbackReceipt {
  /** Marks a receipt, so that a receipt of another copy of the package can be told from a result. */
  readonly accepted = true;
  /**
   * Number of the receipt, counted from 1 within a client. The events `failback:delivered` and `failback:givenUp` have
   * the same.
   */
  readonly id: number;
  /** Name of the method: `namespace.module.method`. */
  readonly method: string;
  /** Error of the first attempt. */
  readonly error: RpcError;

  constructor(id: number, method: string, error: RpcError) {
    this.id = id;
    this.method = method;
    this.error = error;
    Object.freeze(this);
  }
}
