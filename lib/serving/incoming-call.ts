import type { CallContext, ServedCall } from '../call-context.js';
import { RpcCode, RpcError } from '../errors.js';
import type { ConnectedPeer } from '../server-info.js';
import { IncomingContext } from './incoming-context.js';
import type { Watched } from './progress-reporter.js';

/** The connection that a call came in on. */
export interface Answerer {
  /** Who is at its other end; undefined where that is not known. */
  readonly caller?: ConnectedPeer | undefined;
  answerResults(id: number, method: string, results: readonly unknown[]): void;
  /** `code`: the failure is ours and not the method's. */
  answerError(id: number, error: Error, code: RpcCode | undefined): void;
  /** One of its calls is over. */
  served(call: IncomingCall): void;
  /** The call is to be told when nobody waits for it any more. */
  watch?(call: IncomingCall): void;
}

/** One call that came in, and where its answer goes. The first answer counts; a later one is dropped. */
export class IncomingCall implements ServedCall, Watched {
  /** Of its request. */
  readonly id: number;
  /** `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  readonly args: unknown[];
  readonly oneway: boolean;
  /** What the caller sent beside the arguments. */
  readonly meta: unknown;
  readonly deadline: number;
  /** It has a place among the calls that run at once: the gate's own note. */
  isRunning = false;
  // While it is watched; see ProgressReporter.
  receivedAt = 0;
  reportAt = 0;
  before: Watched | undefined = undefined;
  after: Watched | undefined = undefined;
  #answerer: Answerer | undefined;
  #isUnwanted = false;
  #abortReason: RpcError | undefined;
  #context: IncomingContext | undefined;

  constructor(
    answerer: Answerer,
    id: number,
    method: string,
    args: unknown[],
    oneway: boolean,
    meta: unknown,
    deadline = Number.POSITIVE_INFINITY,
  ) {
    this.#answerer = answerer;
    this.id = id;
    this.method = method;
    this.args = args;
    this.oneway = oneway;
    this.meta = meta;
    this.deadline = deadline;
  }

  get isOver(): boolean {
    return this.#answerer === undefined;
  }

  /** Address and port of its caller, for messages. */
  get peer(): string {
    return this.#answerer?.caller?.peer ?? 'a caller';
  }

  /** Made when it is first asked for: most methods do not. */
  get context(): CallContext {
    if (this.#context === undefined) {
      this.#context = new IncomingContext(this.method, this.meta, this.#answerer?.caller, this.deadline);
      if (this.#abortReason !== undefined) this.#context.abort(this.#abortReason);
      this.#answerer?.watch?.(this);
    }
    return this.#context;
  }

  succeed(results: readonly unknown[]): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (this.#isWanted) answerer.answerResults(this.id, this.method, results);
    answerer.served(this);
  }

  /** The method failed, and the caller is told with what. */
  fail(error: Error): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (this.#isWanted) answerer.answerError(this.id, error, isOurs(error) ? error.code : undefined);
    answerer.served(this);
  }

  /** The call was not made: the fault is not the method's. */
  refuse(error: RpcError): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (this.#isWanted) answerer.answerError(this.id, error, error.code);
    answerer.served(this);
  }

  /** Nobody waits for it any more: its method is told so, where it asks. */
  abort(reason: RpcError): void {
    this.#abortReason ??= reason;
    this.#context?.abort(reason);
  }

  /** Its deadline has passed; an answer that comes all the same is sent. */
  expire(): void {
    if (this.#context?.isAborted === false)
      this.abort(new RpcError(RpcCode.Timeout, 'the deadline of the call has passed'));
  }

  /** As {@link abort}; and its answer is not to be sent. */
  cancelled(reason: RpcError): void {
    this.#isUnwanted = true;
    this.abort(reason);
  }

  /** It is not made, and nobody waits to hear so. */
  drop(): void {
    this.#take()?.served(this);
  }

  get #isWanted(): boolean {
    return !this.oneway && !this.#isUnwanted;
  }

  #take(): Answerer | undefined {
    const answerer = this.#answerer;
    this.#answerer = undefined;
    return answerer;
  }
}

/** What a service lets through of its own calls elsewhere names the server that it was for; our own errors do not. */
function isOurs(error: Error): error is RpcError {
  return error instanceof RpcError && error.code === RpcCode.NeedsCallback && error.serverId === undefined;
}
