import { RpcCode, RpcError } from '../errors.js';
import type { Watched } from './overdue-calls.js';

/** The connection that a call came in on. */
export interface Answerer {
  answerResults(id: number, method: string, results: readonly unknown[]): void;
  /** `code`: the failure is ours and not the method's. */
  answerError(id: number, error: Error, code: RpcCode | undefined): void;
  /** One of its calls is over. */
  served(call: IncomingCall): void;
}

/** One call that came in, and where its answer goes. The first answer counts; a later one is dropped. */
export class IncomingCall implements Watched {
  /** Of its request. */
  readonly id: number;
  /** `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  readonly args: unknown[];
  readonly oneway: boolean;
  /** What the caller sent beside the arguments. */
  readonly meta: unknown;
  /** Its method is called as soon as it has come. */
  readonly isRunning = true;
  // While it is watched; see OverdueCalls.
  receivedAt = 0;
  reportAt = 0;
  before: Watched | undefined = undefined;
  after: Watched | undefined = undefined;
  #answerer: Answerer | undefined;

  constructor(answerer: Answerer, id: number, method: string, args: unknown[], oneway: boolean, meta: unknown) {
    this.#answerer = answerer;
    this.id = id;
    this.method = method;
    this.args = args;
    this.oneway = oneway;
    this.meta = meta;
  }

  get isAnswered(): boolean {
    return this.#answerer === undefined;
  }

  succeed(results: readonly unknown[]): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerResults(this.id, this.method, results);
    answerer.served(this);
  }

  /** The method failed, and the caller is told with what. */
  fail(error: Error): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerError(this.id, error, isOurs(error) ? error.code : undefined);
    answerer.served(this);
  }

  /** The call was not made: the fault is not the method's. */
  refuse(error: RpcError): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerError(this.id, error, error.code);
    answerer.served(this);
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
