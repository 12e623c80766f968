import type { OutgoingCall } from '../call/outgoing-call.js';
import type { RequestCodec } from '../call/request-codec.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { encodeItem, encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { isStreamable } from '../stream/stream-source.js';
import { decodeResults, readFailure } from './answer.js';
import type { Agreement } from './registration-answer.js';

/** The codec of a call that goes straight to its server. */
export const directRequestCodec: RequestCodec<OutgoingCall> = {
  head(call, meta) {
    const { method, args, oneway } = call;
    const items = meta ? args.length + 1 : args.length;
    if (!call.hasStreams) return method.head(items, oneway, meta);
    return method.streamHead(items, call.stream?.time, meta, false, call.upload !== undefined);
  },

  writeBody({ args, options }: OutgoingCall, out: FrameWriter, codec: Codec, meta: boolean) {
    if (meta) encodeItem(out, codec, options.meta, 'meta');
    encodeList(out, codec, args, 'args');
  },

  readAnswer(call: OutgoingCall, head: Head, frame: FrameView, codec: Codec) {
    let results: unknown[];
    try {
      if (head.type !== 'invoke_result') throw new TypeError(`the peer answered an invoke with ${head.type}`);
      if (!head.success) {
        const { code, message, delivery, cause, issues } = readFailure(head, codec, frame);
        const { retryAfter } = head;
        call.fail(call.error(code, message, delivery, cause, undefined, { retryAfter, issues }));
        return;
      }
      results = decodeResults(head, codec, frame);
    } catch (error) {
      undecodable(call, error);
      return;
    }
    call.succeed(results);
  },

  lost: (reason) => reason.message,
};

/** Fails a call with a stream that the peer at the other end of the connection does not know. False where the peer knows it. */
export function isStreamless(call: OutgoingCall, { isStock, features, uploads }: Agreement): boolean {
  const lacksUploads = call.upload !== undefined && uploads === undefined;
  if (!lacksUploads && (call.stream === undefined || features.includes('stream'))) return false;
  const peer = isStock
    ? 'the server runs cluster-client'
    : 'the server runs an older mailstation, or the process that relays the call does';
  const what = lacksUploads ? 'takes no stream of items' : 'cannot answer with a stream';
  call.fail(call.error(RpcCode.NoStream, `${peer}, and ${what}`, 'not-sent'));
  return true;
}

const AS_UPLOAD = 'a stream is sent beside the arguments: method.with({ stream: source })(...)';

/** Error of a call whose arguments cannot be written. */
export function unsendable(call: OutgoingCall, error: unknown): RpcError {
  const code = error instanceof RpcError ? error.code : RpcCode.Encode;
  const advice = call.args.some(isStreamable) ? `; ${AS_UPLOAD}` : '';
  return call.error(code, `its arguments cannot be sent: ${messageOf(error)}${advice}`, 'not-sent', error);
}

/** Fails a call whose answer is there and cannot be read. */
export function undecodable(call: OutgoingCall, error: unknown): void {
  call.fail(call.error(RpcCode.Decode, `its answer cannot be decoded: ${messageOf(error)}`, 'answered', error));
}
