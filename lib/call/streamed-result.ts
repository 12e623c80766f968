import { type Delivery, messageOf, noteDelivered, RpcCode, type RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { StreamTime } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { StreamReceiver } from '../stream/stream-receiver.js';
import { performance } from '../timers.js';
import type { OutgoingStream, StreamedRequest, StreamPort } from './outgoing-stream.js';

/** Times of a stream. */
export interface StreamTimes {
  /** Part of the stream that `timeout` bounds. */
  readonly time: StreamTime;
  /** Unit: ms */
  readonly timeout: number;
  /** On the clock of `performance.now()`. Unit: ms */
  readonly startedAt: number;
  /** Longest wait of the consumer between two items; 0: no limit. Unit: ms */
  readonly idleTimeout: number;
  /** End of the call that this one is a part of; `Infinity` without one. */
  readonly endsAt: number;
}

/** Ends that the consumer has asked for: items that have arrived are not wanted any more. */
const ENDS_NOW: readonly RpcCode[] = [RpcCode.Cancelled, RpcCode.Timeout];

/** The results of one call as a stream: what its consumer reads, under the deadlines of the call. */
export class StreamedResult implements OutgoingStream {
  readonly #times: StreamTimes;
  readonly #receiver: StreamReceiver;
  #call: StreamedRequest | undefined;
  #port: StreamPort | undefined;
  /** End of the wait for the next item; `Infinity` while the consumer does not wait. */
  #idleAt = Number.POSITIVE_INFINITY;
  readonly #signals: AbortSignal[] = [];
  /** How far the call had got when it was over; undefined before. */
  #ended: Delivery | undefined;

  constructor(times: StreamTimes) {
    this.#times = times;
    this.#receiver = new StreamReceiver({
      onTaken: (credit) => this.#port?.credit(credit),
      onStopped: (hasEnded) => this.#giveUp(hasEnded),
      onWaits: () => this.#onWaits(),
      onUndecodable: (error, hasEnded) => this.#onUndecodable(error, hasEnded),
    });
  }

  get time(): StreamTime {
    return this.#times.time;
  }

  get hasItems(): boolean {
    return this.#receiver.arrived > 0;
  }

  /** Items that the consumer has got. */
  get delivered(): number {
    return this.#receiver.delivered;
  }

  get deadline(): number {
    const { time, timeout, startedAt, endsAt } = this.#times;
    const isBound = time === 'whole' || !this.hasItems;
    return Math.min(this.#idleAt, endsAt, isBound ? startedAt + timeout : Number.POSITIVE_INFINITY);
  }

  get progress(): string | undefined {
    return this.hasItems ? `after ${counted(this.#receiver.arrived)}` : undefined;
  }

  get lateness(): string | undefined {
    const got = this.progress;
    if (got === undefined) return undefined;
    const { timeout, idleTimeout } = this.#times;
    if (this.#idleAt <= performance.now()) return `no further item in ${idleTimeout} ms (idleTimeout) ${got}`;
    return `the stream has not ended in ${timeout} ms, ${got}`;
  }

  /** The call whose results these are. */
  set call(call: StreamedRequest) {
    this.#call = call;
  }

  open(port: StreamPort): void {
    this.#port = port;
    this.#receiver.open(port);
  }

  items({ bytes, bodyStart, end }: FrameView, codec: Codec): void {
    this.#idleAt = Number.POSITIVE_INFINITY;
    const wrong = this.#receiver.items(bytes, bodyStart, end, codec);
    const call = this.#call;
    if (wrong !== undefined)
      call?.abandon(call.error(RpcCode.Protocol, `the server broke the rules: ${wrong}`, 'answered'));
    else if (this.#receiver.isWaiting) this.#onWaits();
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.#ended !== undefined) this.#dropUnread(this.#ended);
    return this.#receiver.next();
  }

  /** The signal ends the reading when it aborts: the call may be over while items of it wait to be read. */
  cancelledBy(signal: AbortSignal): void {
    this.#signals.push(signal);
  }

  /** Error of the stream that its reader has found. */
  error(code: RpcCode, why: string): RpcError {
    return noteDelivered((this.#call as StreamedRequest).error(code, why, 'answered'), this.delivered);
  }

  /** The consumer wants no more items. */
  stop(): void {
    this.#receiver.stop();
  }

  /** The call is over. */
  settle(error: RpcError | undefined, results: readonly unknown[]): void {
    this.#idleAt = Number.POSITIVE_INFINITY;
    this.#ended = error === undefined ? 'answered' : (error.delivery ?? 'unknown');
    if (error === undefined) return this.#receiver.end({ returned: results[0] }, false);
    const fail = (): RpcError => noteDelivered(error, this.delivered);
    const isNow = ENDS_NOW.includes(error.code);
    this.#receiver.end({ fail }, isNow);
    // The server counts what is given up here, and an answered call sends no cancel of its own.
    if (isNow && this.hasItems && error.delivery === 'answered') this.#port?.forget();
  }

  /**
   * Drops the items of a call that is over, where its signal or its deadline ends their reading. Asked at each read: the reader has no
   * other moment to notice, and a stream that is not read on leaves neither a timer nor a listener.
   */
  #dropUnread(delivery: Delivery): void {
    if (!this.#receiver.hasUnread) return;
    const error = this.#whyUnread(delivery);
    if (error === undefined) return;
    this.#receiver.end({ fail: () => noteDelivered(error, this.delivered) }, true);
    this.#port?.forget();
  }

  #whyUnread(delivery: Delivery): RpcError | undefined {
    const call = this.#call as StreamedRequest;
    const { delivered } = this;
    const read = `${delivered} of the ${counted(this.#receiver.arrived)} that had arrived`;
    const aborted = this.#signals.find((signal) => signal.aborted);
    if (aborted !== undefined)
      return call.error(RpcCode.Cancelled, `cancelled after ${read}`, delivery, aborted.reason as unknown);
    if (this.deadline > performance.now()) return undefined;
    const ms = Math.round(this.deadline - this.#times.startedAt);
    return call.error(RpcCode.Timeout, `the stream was not read to its end in ${ms} ms, but ${read}`, delivery);
  }

  #onWaits(): void {
    const { idleTimeout } = this.#times;
    if (idleTimeout === 0 || !this.hasItems) return;
    this.#idleAt = performance.now() + idleTimeout;
    this.#port?.noteDeadline(this.#idleAt);
  }

  /** Nothing more is wanted. A call that has its answer has left the table of its connection, and sends no cancel of its own. */
  #giveUp(hasEnded: boolean, error?: RpcError): void {
    const call = this.#call;
    if (hasEnded || call?.delivery === 'answered') this.#port?.forget();
    if (!hasEnded) call?.abandon(error);
  }

  #onUndecodable(cause: unknown, hasEnded: boolean): Error {
    const call = this.#call as StreamedRequest;
    const error = call.error(RpcCode.Decode, `an item cannot be decoded: ${messageOf(cause)}`, 'answered', cause);
    this.#giveUp(hasEnded, error);
    return noteDelivered(error, this.delivered);
  }
}

function counted(items: number): string {
  return items === 1 ? '1 item' : `${items} items`;
}
