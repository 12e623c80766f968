import { RpcCode, RpcError } from '../errors.js';
import type { FrameView } from '../protocol/packet.js';
import type { Credit } from '../stream/stream-body.js';
import { type ItemDecoder, type ReceiverTerms, StreamReceiver } from '../stream/stream-receiver.js';
import { UploadReader } from './upload-reader.js';

/** The way back to the caller of an upload. */
export interface UploadOwner {
  /** The method has taken items. */
  credit(id: number, credit: Credit): void;
  /** The method wants no more items, and the caller has not sent the end. */
  stop(id: number): void;
  /** The caller has sent an item that cannot be decoded. */
  broken(id: number, why: string): void;
  /** The call is over. */
  over(upload: IncomingUpload): void;
}

/** The items that a caller sends beside the arguments of one call, until the call is over. */
export class IncomingUpload {
  readonly id: number;
  /** Iterator for the method. */
  readonly reader: UploadReader;
  /** True while the call waits for its permission. */
  isHeld = false;
  readonly #owner: UploadOwner;
  readonly #receiver: StreamReceiver;
  #hasEnded = false;

  constructor(id: number, owner: UploadOwner, terms: ReceiverTerms) {
    this.id = id;
    this.#owner = owner;
    this.#receiver = new StreamReceiver({
      onTaken: (credit) => owner.credit(id, credit),
      onStopped: (hasEnded) => {
        if (!hasEnded) owner.stop(id);
      },
      onWaits: () => {},
      onUndecodable: (error) => this.#undecodable(error),
    });
    this.#receiver.open(terms);
    this.reader = new UploadReader(this.#receiver);
  }

  /** Takes a frame of items. Returns what is wrong with a frame that breaks the rules; undefined for a good one. */
  items({ bytes, bodyStart, end }: FrameView, decoder: ItemDecoder): string | undefined {
    if (this.#hasEnded) return 'items came after the end of their stream';
    return this.#receiver.items(bytes, bodyStart, end, decoder);
  }

  /** The caller has sent the end. Returns what is wrong with a second one. */
  ended(): string | undefined {
    if (this.#hasEnded) return 'a stream has ended twice';
    this.#hasEnded = true;
    this.#receiver.end({ returned: undefined }, false);
    return undefined;
  }

  /** The call is over for its caller, or the caller has broken the rules: the method gets this error in the place of further items. */
  abort(reason: RpcError): void {
    this.#receiver.end({ fail: () => reason }, true);
  }

  /** The method has not ended, and the upload counts no longer among those of the connection. */
  leave(): void {
    this.#owner.over(this);
  }

  /** The call is over. */
  close(): void {
    this.#owner.over(this);
    const why = 'the method has answered, so that no further items of its caller arrive';
    this.#receiver.end({ fail: () => new RpcError(RpcCode.Closed, why) }, true);
  }

  #undecodable(cause: unknown): RpcError {
    const why = `an item cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#owner.broken(this.id, why);
    return new RpcError(RpcCode.BadRequest, why, { cause });
  }
}
