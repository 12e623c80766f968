import { contextOfNow } from '../async-context.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { FrameView } from '../protocol/packet.js';
import { readCredit } from '../stream/stream-body.js';
import { StreamSender } from '../stream/stream-sender.js';
import { discardStream, type RunStep, streamSource } from '../stream/stream-source.js';
import type { OutgoingUpload, StreamedRequest, UploadPort } from './outgoing-stream.js';

/** The items that a caller sends beside the arguments of one call. The source is asked when the call was sent, and not before. */
export class Upload implements OutgoingUpload {
  readonly #source: unknown;
  /** Steps of the source run in the context of the caller. */
  readonly #run: RunStep = contextOfNow();
  #call: StreamedRequest | undefined;
  #sender: StreamSender | undefined;
  #isOver = false;

  constructor(source: unknown) {
    this.#source = source;
  }

  /** The call whose items these are. */
  set call(call: StreamedRequest) {
    this.#call = call;
  }

  get hasBegun(): boolean {
    return this.#sender !== undefined;
  }

  open(port: UploadPort): void {
    const source = streamSource(this.#source, this.#run);
    if (this.#isOver || source === undefined) return;
    this.#sender = new StreamSender(source, port, {
      write: (sequence, item) => port.write(sequence, item),
      onFull: () => port.flush(),
      onDone: () => port.end(),
      onFailed: (error) => this.#fail(RpcCode.Upload, `the source of its stream failed: ${messageOf(error)}`, error),
      onUnsendable: (error) => {
        const code = error instanceof RpcError ? error.code : RpcCode.Encode;
        this.#fail(code, `an item of its stream cannot be sent: ${messageOf(error)}`, error);
      },
      // The call has ended for another reason, and its caller has that reason.
      onStopped: () => {},
    });
    this.#sender.start();
  }

  credit({ bytes, bodyStart, end }: FrameView): void {
    const credit = readCredit(bytes, bodyStart, end);
    const wrong = credit === undefined ? 'a credit without its two counts' : this.#sender?.credit(credit);
    if (wrong !== undefined) this.#fail(RpcCode.Protocol, `the server broke the rules: ${wrong}`);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#sender === undefined) return discardStream(this.#source);
    this.#sender.stop();
    this.#sender.forget();
  }

  #fail(code: RpcCode, why: string, cause?: unknown): void {
    const call = this.#call;
    // The source is asked once the call has left. The attempts at a call know that, and the call that they are made for does not.
    const delivery = call?.delivery === 'answered' || code === RpcCode.Protocol ? 'answered' : 'unknown';
    call?.abandon(call.error(code, why, delivery, cause));
  }
}
