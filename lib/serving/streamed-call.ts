import { contextOfNow } from '../async-context.js';
import { type CallContext, enter, leave } from '../call-context.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import type { StreamTime } from '../protocol/message.js';
import type { StreamSender } from '../stream/stream-sender.js';
import { discardStream, isStreamable, type StreamSource, streamSource } from '../stream/stream-source.js';
import { performance } from '../timers.js';
import type { Answerer } from './incoming-call.js';
import type { IncomingUpload } from './incoming-upload.js';
import { UploadedCall } from './uploaded-call.js';

/** The streams of the connection, as one of their calls sees them. */
export interface StreamedCallOwner {
  /** The method has answered with the source of the items. */
  begin(call: StreamedCall, source: StreamSource): StreamSender;
  /** The caller wants no more, or is gone. */
  abandoned(call: StreamedCall): void;
  /** The call does not end, and has no place among the running calls any more. */
  unending(call: StreamedCall, sender: StreamSender | undefined): void;
  /** The call is over. */
  over(call: StreamedCall): void;
}

/**
 * Call whose results are a stream. The method answers with the source of the items; the end of the source is the answer of the
 * call. The call keeps its place among the running calls until then.
 */
export class StreamedCall extends UploadedCall {
  readonly #streams: StreamedCallOwner;
  readonly #time: StreamTime;
  #sender: StreamSender | undefined;
  /** The caller wants no items any more. */
  #isUnwanted = false;

  // Positional, as the constructor of the class above.
  constructor(
    streams: StreamedCallOwner,
    time: StreamTime,
    upload: IncomingUpload | undefined,
    answerer: Answerer,
    id: number,
    method: string,
    args: unknown[],
    meta: unknown,
    deadline: number,
    callerId: string | undefined,
  ) {
    super(upload, answerer, id, method, args, meta, deadline, callerId);
    this.#streams = streams;
    this.#time = time;
  }

  /** A method that runs has a deadline only where the caller bounds the whole stream. */
  override get context(): CallContext {
    if (this.isRunning) this.#liftDeadline();
    return super.context;
  }

  /** The method has answered: with the source of the items or, where it streams nothing, with a value. */
  override succeed(results: readonly unknown[]): void {
    const [value] = results;
    if (this.isOver || this.#sender !== undefined || this.#isUnwanted) {
      if (isStreamable(value)) discardStream(value);
      if (this.#sender === undefined) this.drop();
      return;
    }
    const resume = contextOfNow();
    const source = streamSource(value, (step) => resume(() => this.#within(step)));
    if (source === undefined) {
      const why = 'the method answers with one value and not with a stream; call the method without .stream';
      return this.refuse(new RpcError(RpcCode.NoStream, why));
    }
    this.#liftDeadline();
    this.#sender = this.#streams.begin(this, source);
    this.#sender.start();
  }

  takesStream(value: unknown): boolean {
    return isStreamable(value);
  }

  override fail(error: Error): void {
    this.#ends();
    super.fail(error);
  }

  override refuse(error: RpcError): void {
    this.#ends();
    super.refuse(error);
  }

  override drop(): void {
    this.#ends();
    super.drop();
  }

  /** The connection has ended, or the deadline of the whole stream has passed. */
  override abort(reason: RpcError): void {
    super.abort(reason);
    this.#stop();
  }

  override abandoned(): void {
    super.abandoned();
    this.#streams.unending(this, this.#sender);
  }

  override givenUp(): void {
    // Without a source the method has not answered, and may still fail, which the log is to tell.
    if (this.#sender !== undefined) this.drop();
  }

  override expire(): void {
    this.cancelled(new RpcError(RpcCode.Timeout, 'the deadline of the call has passed'));
  }

  /** A stopped stream has given up the deadline. */
  override isLate(ms: number): boolean {
    return this.isAborted ? this.abortCode === RpcCode.Timeout : super.isLate(ms);
  }

  /** The source has ended, and all its items are sent. */
  done(returned: unknown): void {
    this.#ends();
    super.succeed(returned === undefined ? [] : [returned]);
  }

  /** The source has failed. */
  failed(error: unknown): void {
    this.fail(toError(error));
  }

  #ends(): void {
    if (!this.isOver) this.#streams.over(this);
  }

  #stop(): void {
    if (this.#isUnwanted) return;
    this.#isUnwanted = true;
    // A source that does not end loses its place as other calls do whose callers have left: after as long as the stream ran.
    this.deadline = Math.min(this.deadline, performance.now());
    this.#streams.abandoned(this);
    this.#sender?.stop();
  }

  #liftDeadline(): void {
    if (this.#time === 'first' && !this.#isUnwanted) this.deadline = Number.POSITIVE_INFINITY;
  }

  /** `callContext()` of a step of the source is the context of the call. */
  #within<T>(step: () => T): T {
    const outer = enter(this);
    try {
      return step();
    } finally {
      leave(outer);
    }
  }
}
