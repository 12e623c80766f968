import type { CallContext } from '../call-context.js';
import type { RpcError } from '../errors.js';
import type { ConnectedPeer } from '../server-info.js';
import type { Term } from '../term.js';
import { performance } from '../timers.js';

/** A call's context, as its method sees it. The `AbortController` is made on the first access to the signal. */
export class IncomingContext implements CallContext {
  readonly method: string;
  readonly meta: unknown;
  readonly caller: ConnectedPeer | undefined;
  readonly deadline: number;
  readonly term: Term | undefined;
  #controller: AbortController | undefined;
  #reason: RpcError | undefined;

  constructor(
    method: string,
    meta: unknown,
    caller: ConnectedPeer | undefined,
    deadline: number,
    term: Term | undefined,
  ) {
    this.method = method;
    this.meta = meta;
    this.caller = caller;
    this.deadline = deadline;
    this.term = term;
  }

  get remaining(): number {
    return Math.max(0, this.deadline - performance.now());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Aborts the signal. The first reason counts. */
  abort(reason: RpcError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
