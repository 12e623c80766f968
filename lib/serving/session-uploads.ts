import { RpcCode, RpcError } from '../errors.js';
import { HEAD } from '../protocol/message.js';
import { type FrameView, RESPONSE } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import { ReceivedBytes } from '../stream/received-bytes.js';
import { type Credit, creditBody } from '../stream/stream-body.js';
import type { ItemDecoder } from '../stream/stream-receiver.js';
import { StreamTotal } from '../stream/stream-total.js';
import type { Connection } from '../transport/connection.js';
import { IncomingUpload, type UploadOwner } from './incoming-upload.js';

/** Timeout field of frames that have no answer. */
const UNANSWERED_MS = 1;

export interface SessionUploadsOptions {
  readonly connection: Connection;
  readonly decoder: ItemDecoder;
  /** How far an upload may be ahead of its method, as this end has announced. */
  readonly window: StreamWindow;
  /** The caller has broken the rules of a stream. */
  onBroken(id: number, why: string): void;
}

/** Items that arrive on one connection beside the arguments of calls. Made with the first call that has a stream. */
export class SessionUploads implements UploadOwner {
  readonly #options: SessionUploadsOptions;
  readonly #total: StreamTotal;
  readonly #received: ReceivedBytes;
  /** By the id of the call, until the call is over. */
  readonly #uploads = new Map<number, IncomingUpload>();

  constructor(options: SessionUploadsOptions) {
    this.#options = options;
    const { total, received = Number.POSITIVE_INFINITY } = options.window;
    this.#total = new StreamTotal(total);
    this.#received = new ReceivedBytes(received, (body) => this.#send(0, HEAD.streamReceived, body));
  }

  /** Uploads whose calls are not over, or wait for their permission; without the one of this id. */
  sizeBeside(id: number): number {
    return this.#uploads.size - (this.#uploads.has(id) ? 1 : 0);
  }

  /** True while an upload is open under this id. One whose call waits for its permission is not. */
  has(id: number): boolean {
    return this.#uploads.get(id)?.isHeld === false;
  }

  /** The upload of a call that begins. */
  open(id: number): IncomingUpload {
    const held = this.#uploads.get(id);
    const upload = held ?? new IncomingUpload(id, this, { window: this.#options.window, total: this.#total });
    upload.isHeld = false;
    this.#uploads.set(id, upload);
    return upload;
  }

  hold(id: number): void {
    if (!this.#uploads.has(id)) this.open(id).isHeld = true;
  }

  unhold(id: number): void {
    const upload = this.#uploads.get(id);
    if (upload?.isHeld === true) upload.close();
  }

  /** Items of a call that is over have crossed with its answer. Returns what is wrong with items against the rules. */
  items(frame: FrameView): string | undefined {
    this.#received.count(frame);
    return this.#uploads.get(frame.id)?.items(frame, this.#options.decoder);
  }

  /** The end of an upload. Returns what is wrong with a second one. */
  ended(id: number): string | undefined {
    return this.#uploads.get(id)?.ended();
  }

  /** The caller has broken the rules: the method gets an error in the place of further items. */
  fail(id: number, why: string): void {
    this.#uploads.get(id)?.abort(new RpcError(RpcCode.BadRequest, `the caller broke the rules of its stream: ${why}`));
  }

  /** The connection has ended. The calls are aborted by their owner. */
  end(): void {
    this.#uploads.clear();
  }

  credit(id: number, credit: Credit): void {
    this.#send(id, HEAD.streamCredit, creditBody(credit));
  }

  stop(id: number): void {
    this.#send(id, HEAD.streamStop);
  }

  broken(id: number, why: string): void {
    this.#options.onBroken(id, why);
  }

  over(upload: IncomingUpload): void {
    if (this.#uploads.get(upload.id) === upload) this.#uploads.delete(upload.id);
  }

  #send(id: number, head: Uint8Array, body?: Uint8Array): void {
    this.#options.connection.send(RESPONSE, id, UNANSWERED_MS, head, body);
  }
}
