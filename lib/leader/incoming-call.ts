import { RpcCode, RpcError } from '../errors.js';

/** The connection that a call came in on. */
export interface Answerer {
  answerResults(id: number, method: string, results: readonly unknown[]): void;
  /** `code`: the failure is ours and not the method's. */
  answerError(id: number, error: Error, code: RpcCode | undefined): void;
  /** One of its calls is over. */
  served(): void;
}

/** One call that came in, and where its answer goes. The first answer counts; a later one is dropped. */
export class IncomingCall {
  /** `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  readonly args: unknown[];
  readonly oneway: boolean;
  /** What the caller sent beside the arguments. */
  readonly meta: unknown;
  readonly #id: number;
  #answerer: Answerer | undefined;

  constructor(answerer: Answerer, id: number, method: string, args: unknown[], oneway: boolean, meta: unknown) {
    this.#answerer = answerer;
    this.#id = id;
    this.method = method;
    this.args = args;
    this.oneway = oneway;
    this.meta = meta;
  }

  succeed(results: readonly unknown[]): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerResults(this.#id, this.method, results);
    answerer.served();
  }

  /** The method failed, and the caller is told with what. */
  fail(error: Error): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerError(this.#id, error, isOurs(error) ? error.code : undefined);
    answerer.served();
  }

  /** The call was not made: the fault is not the method's. */
  refuse(error: RpcError): void {
    const answerer = this.#take();
    if (answerer === undefined) return;
    if (!this.oneway) answerer.answerError(this.#id, error, error.code);
    answerer.served();
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
