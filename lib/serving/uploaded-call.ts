import { RpcCode, RpcError } from '../errors.js';
import { type Answerer, IncomingCall } from './incoming-call.js';
import { IncomingContext } from './incoming-context.js';
import type { IncomingUpload } from './incoming-upload.js';

/** Call whose caller may send items beside the arguments. The items end with the call. */
export class UploadedCall extends IncomingCall {
  readonly #upload: IncomingUpload | undefined;

  // Positional, as the constructor of the class above.
  constructor(
    upload: IncomingUpload | undefined,
    answerer: Answerer,
    id: number,
    method: string,
    args: unknown[],
    meta: unknown,
    deadline: number,
    callerId: string | undefined,
  ) {
    super(answerer, id, method, args, false, meta, deadline, callerId);
    this.#upload = upload;
  }

  override succeed(results: readonly unknown[]): void {
    this.#upload?.close();
    super.succeed(results);
  }

  override fail(error: Error): void {
    this.#upload?.close();
    super.fail(error);
  }

  override refuse(error: RpcError): void {
    this.#upload?.close();
    super.refuse(error);
  }

  override drop(): void {
    this.#upload?.close();
    super.drop();
  }

  override abort(reason: RpcError): void {
    super.abort(reason);
    this.#upload?.abort(reason);
  }

  override expire(): void {
    if (this.#upload === undefined) super.expire();
    // The method most likely fails with this error, which is no answer: the caller's own deadline passes.
    else this.cancelled(new RpcError(RpcCode.Timeout, 'the deadline of the call has passed'));
  }

  override abandoned(): void {
    // After a stall of the process this may come before the deadline was noticed, and the method reads on: it is to hear of the deadline.
    if (!this.isAborted) this.expire();
    this.#upload?.leave();
  }

  protected override makeContext(): IncomingContext {
    const context = super.makeContext();
    return this.#upload === undefined ? context : new UploadContext(context, this.#upload);
  }
}

/** A call's context, with the items that its caller sends. */
class UploadContext extends IncomingContext {
  readonly stream: AsyncIterableIterator<unknown>;

  constructor({ method, meta, caller, deadline, term }: IncomingContext, { reader }: IncomingUpload) {
    super(method, meta, caller, deadline, term);
    this.stream = reader;
  }
}
