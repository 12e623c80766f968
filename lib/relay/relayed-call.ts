import type { CallOptions, Refusal, Settle } from '../call/call-contract.js';
import { OutgoingCall } from '../call/outgoing-call.js';
import type { RemoteMethod } from '../call/remote-method.js';
import type { RequestCodec } from '../call/request-codec.js';
import { type Delivery, RpcCode, RpcError } from '../errors.js';
import { directRequestCodec } from '../follower/request-codec.js';
import { decodeList, encodeList, itemEnd } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import {
  failureHead,
  HEAD,
  type Head,
  type InvokeHead,
  type InvokeResultHead,
  resultsHead,
} from '../protocol/message.js';
import { clampedTimeout, type FrameView } from '../protocol/packet.js';
import type { RelayPeer } from './relay-peer.js';

const NO_BYTES = Buffer.alloc(0);
const NO_OPTIONS: CallOptions = {};
/** Codes of faults that this process finds in what a server sends. No server answers with them. */
const FOUND_HERE: readonly RpcCode[] = [RpcCode.Decode, RpcCode.Protocol];
/** Results of a call that this process need not answer, or has answered already. */
const NOT_ANSWERED: readonly unknown[] = [];

/** Head of a call that is relayed, wherever the call goes. */
export type RelayedHead = Omit<InvokeHead, 'type'>;

/**
 * A call that this process relays for a Follower. Arguments and answer stay the bytes that arrived, under heads that this
 * process makes, unless server and caller use different value codecs.
 */
export class RelayedCall extends OutgoingCall {
  readonly #peer: RelayPeer;
  readonly #id: number;
  readonly #head: RelayedHead;
  #bytes: Buffer;
  #start: number;
  #end: number;
  #isKept = false;

  /** The arguments lie in the frame: send the call before the frame's handler returns, or {@link keep} the call. */
  constructor(peer: RelayPeer, head: RelayedHead, frame: FrameView, method: RemoteMethod, settle: Settle) {
    super(method, [], clampedTimeout(frame.timeout), head.oneway, NO_OPTIONS, undefined, settle);
    this.isCancellable = true;
    this.requestCodec = relayedRequestCodec;
    this.#peer = peer;
    this.#id = frame.id;
    this.#head = head;
    this.#bytes = frame.bytes;
    this.#start = frame.bodyStart;
    this.#end = frame.end;
  }

  /** False once the Follower is gone: an answer would reach no caller. */
  get isWanted(): boolean {
    return this.#peer.isOpen;
  }

  get bodyBytes(): number {
    return this.#end - this.#start;
  }

  /** Copies the arguments: the frame's bytes are about to be used again. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
  }

  override get hasMeta(): boolean {
    return this.#head.meta;
  }

  override get hasTrace(): boolean {
    return this.#head.trace === true;
  }

  /** Reports nothing: the caller's process has the same deadline, and rejects the call with more detail. */
  override expire(): void {
    this.succeed(NOT_ANSWERED);
  }

  /** Leaves out method and server: the caller's process adds both. */
  override error(
    code: RpcCode,
    why: string,
    delivery: Delivery,
    cause?: unknown,
    _timing?: unknown,
    refusal?: Refusal,
  ): RpcError {
    return new RpcError(code, why, { delivery, cause, ...refusal });
  }

  writeHead(meta: boolean, named: boolean, trace: boolean): Buffer {
    const { argLength, meta: hasMeta, oneway, stream, upload } = this.#head;
    const items = argLength - (hasMeta && !meta ? 1 : 0) - (this.hasTrace && !trace ? 1 : 0);
    const method = trace ? this.method.traced : this.method;
    if (this.hasStreams) return method.streamHead(items, stream, meta, named, upload);
    return method.head(items, oneway, meta, named);
  }

  /** Appends the arguments as they came, unless the server's value codec is another than the caller's. */
  writeArguments(out: FrameWriter, codec: Codec, meta: boolean, trace: boolean): void {
    const isMetaLeftOut = this.#head.meta && !meta;
    const bytes = this.#bytes;
    const end = this.#end;
    let start = this.#start;
    let count = this.#head.argLength;
    this.#bytes = NO_BYTES; // the call is sent once, and may wait long for its answer
    if (this.hasTrace) {
      // The trace context has the same bytes in every codec.
      const next = itemEnd(bytes, start, end);
      if (trace) out.append(bytes, start, next);
      start = next;
      count -= 1;
    }
    if (codec === this.#peer.codec) {
      out.append(bytes, isMetaLeftOut ? itemEnd(bytes, start, end) : start, end);
      return;
    }
    const items = decodeList(this.#peer.codec, bytes, start, end, count);
    encodeList(out, codec, isMetaLeftOut ? items.slice(1) : items);
  }

  /** Passes the answer's bytes on. False where the codecs differ: the answer must be decoded then. */
  passOn(head: Head, frame: FrameView, codec: Codec): boolean {
    if (head.type !== 'invoke_result' || codec !== this.#peer.codec) return false;
    if (this.isSettled) return true;
    this.answerBytes(answerHead(head), frame);
    this.succeed(NOT_ANSWERED);
    return true;
  }

  protected answerBytes(head: Buffer, { bytes, bodyStart, end }: FrameView): void {
    this.#peer.answerBytes(this.#id, this.method.name, head, bytes, bodyStart, end);
  }
}

/** Writes a call as the bytes that came, and sends the answer's bytes back. */
const relayedRequestCodec: RequestCodec<RelayedCall> = {
  head: (call, meta, named, trace) => call.writeHead(meta, named, trace),
  writeBody: (call, out, codec, meta, trace) => call.writeArguments(out, codec, meta, trace),
  readAnswer(call, head, frame, codec) {
    if (!call.passOn(head, frame, codec)) directRequestCodec.readAnswer(call, head, frame, codec);
  },
  lost: (reason) => reason.message,
};

/** Makes a new head. A Follower trusts its Leader, so unknown fields of a server's head must not reach the Follower. */
function answerHead({ success, results, first, code, retryAfter }: InvokeResultHead): Buffer {
  if (success) return results === undefined ? HEAD.success : resultsHead(results, first);
  return code === undefined ? HEAD.failure : failureHead(code, retryAfter);
}

/** The caller's process sends the call again, by way of the next relay. */
export function returnCall(call: RelayedCall): void {
  call.fail(call.error(RpcCode.Stopping, 'the process that relays the call is stopping', 'not-sent'));
}

/** Answers the Follower of a relayed call, where it waits for an answer and has none yet. The call is over then. */
export function answerRelayed(
  peer: RelayPeer,
  id: number,
  { method, oneway }: RelayedHead,
  error: RpcError | undefined,
  results: readonly unknown[],
): void {
  if (!oneway && results !== NOT_ANSWERED) answerCall(peer, id, method, error, results);
  peer.served();
}

/** Answers a Follower with the results or with the error of its call. */
export function answerCall(
  peer: RelayPeer,
  id: number,
  method: string,
  error: RpcError | undefined,
  results: readonly unknown[],
): void {
  if (error === undefined) peer.answerResults(id, method, results);
  else if (error.delivery !== 'answered' || FOUND_HERE.includes(error.code)) peer.answerRelayFailure(id, method, error);
  else if (error.code === RpcCode.Remote) peer.answerError(id, method, error.cause as Error, undefined);
  else peer.answerError(id, method, error, error.code);
}
