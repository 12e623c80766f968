import type { RpcError } from '../errors.js';

/** What a call with `failMode: 'failback'` resolves with when it failed and was taken on: it will be tried again. */
export class FailbackReceipt {
  /** Tells it from a method's own result, whichever copy of the package made it. */
  readonly accepted = true;
  /** Counts the receipts of a client, from 1; the events `failback:delivered` and `failback:givenUp` have the same one. */
  readonly id: number;
  /** `namespace.module.method` */
  readonly method: string;
  /** Why it was not delivered at once. */
  readonly error: RpcError;

  constructor(id: number, method: string, error: RpcError) {
    this.id = id;
    this.method = method;
    this.error = error;
    Object.freeze(this);
  }
}
