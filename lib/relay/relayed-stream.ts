import type { OutgoingStream, StreamedRequest, StreamPort } from '../call/outgoing-stream.js';
import { RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { StreamTime } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { SessionStreams, StreamingCall } from '../serving/session-streams.js';
import { type ItemDecoder, StreamReceiver } from '../stream/stream-receiver.js';
import type { StreamSender } from '../stream/stream-sender.js';
import { relayedItems } from './relayed-item-codec.js';

/** Sends the end of a stream to its caller, behind all items. */
export type SendEnd = () => void;

export interface RelayedStreamParts {
  /** Id of the Follower's request. */
  readonly id: number;
  /** Name of the method. */
  readonly method: string;
  readonly time: StreamTime;
  /** End of the wait for the first item, on the clock of `performance.now()`. Unit: ms */
  readonly firstItemBy: number;
  /** All streams that are sent to the Follower. */
  readonly streams: SessionStreams<RelayedStream>;
  /** Answers the Follower with this error in place of the end. */
  fail(error: RpcError): void;
  /** Called once, when the stream is over here. */
  onOver(): void;
}

/**
 * A stream that this process relays for a Follower: the consumer's end toward the server, and the producer's end toward the
 * Follower. Items stay bytes. The server gets credit for an item when the Follower's credit lets the item go on, so that the two
 * windows together bound what is ahead of the consumer, and the first one what waits here.
 */
export class RelayedStream implements OutgoingStream, StreamingCall {
  readonly #parts: RelayedStreamParts;
  readonly #receiver: StreamReceiver;
  #call: StreamedRequest | undefined;
  #port: StreamPort | undefined;
  /** Belongs to the connection to the server. */
  #decoder: ItemDecoder | undefined;
  #sender: StreamSender | undefined;
  #isOver = false;

  constructor(parts: RelayedStreamParts) {
    this.#parts = parts;
    this.#receiver = new StreamReceiver({
      onTaken: (credit) => this.#port?.credit(credit),
      onStopped: (hasEnded) => {
        if (hasEnded) this.#port?.forget();
        else this.#call?.abandon();
      },
      onWaits: () => {},
      // No item is decoded here.
      onUndecodable: (cause) => new RpcError(RpcCode.Decode, 'an item cannot be relayed', { cause }),
    });
  }

  get id(): number {
    return this.#parts.id;
  }

  get method(): string {
    return this.#parts.method;
  }

  get time(): StreamTime {
    return this.#parts.time;
  }

  /** After the first item the caller's process alone watches the time, and cancels the stream. */
  get deadline(): number {
    return this.hasItems ? Number.POSITIVE_INFINITY : this.#parts.firstItemBy;
  }

  get hasItems(): boolean {
    return this.#receiver.arrived > 0;
  }

  get progress(): undefined {
    return undefined;
  }

  get lateness(): undefined {
    return undefined;
  }

  /** True from the moment on when the call was sent to its server. */
  get isOpen(): boolean {
    return this.#sender !== undefined;
  }

  /** The call of which these are the results. */
  set call(call: StreamedRequest) {
    this.#call = call;
  }

  open(port: StreamPort): void {
    const receiver = this.#receiver;
    this.#port = port;
    receiver.open(port);
    const end = async (): Promise<void> => void receiver.stop();
    this.#sender = this.#parts.streams.begin(this, { next: () => receiver.next(), return: end });
    this.#sender.start();
  }

  items({ bytes, bodyStart, end }: FrameView, codec: Codec): void {
    this.#decoder ??= relayedItems(codec);
    const wrong = this.#receiver.items(bytes, bodyStart, end, this.#decoder);
    const call = this.#call;
    if (wrong !== undefined)
      call?.abandon(call.error(RpcCode.Protocol, `the server broke the rules: ${wrong}`, 'answered'));
  }

  /** The call is over at its server: the Follower gets the end behind the items that have arrived. */
  end(send: SendEnd): void {
    if (this.#isOver) return;
    if (this.#sender !== undefined) return this.#receiver.end({ returned: send }, false);
    send();
    this.#over();
  }

  /** The Follower wants nothing more. */
  stop(): void {
    if (this.#isOver) return;
    this.#parts.streams.forget(this.id);
    if (this.#sender === undefined) this.#over();
    else this.#sender.stop();
  }

  /** `send` is missing where the stream was stopped. */
  done(send: unknown): void {
    if (typeof send === 'function') (send as SendEnd)();
    this.#over();
  }

  failed(cause: unknown): void {
    this.refuse(new RpcError(RpcCode.Decode, 'an item cannot be relayed', { cause }));
  }

  refuse({ code, message, cause }: RpcError): void {
    this.#parts.fail(new RpcError(code, message, { cause, delivery: 'answered' }));
    this.#over();
  }

  drop(): void {
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.streams.over(this);
    this.#parts.onOver();
  }
}
