import type { OutgoingCall } from '../call/outgoing-call.js';
import type { RemoteMethod } from '../call/remote-method.js';
import type { RequestCodec } from '../call/request-codec.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { encodeItem, encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { writeTrace } from '../protocol/trace-item.js';
import type { RawBytes } from '../raw-bytes.js';
import { isStreamable } from '../stream/stream-source.js';
import { decodeResults, readFailure } from './answer.js';
import type { Agreement } from './registration-answer.js';

/** The codec of a call that goes straight to its server. */
export const directRequestCodec: RequestCodec<OutgoingCall> = {
  head: (call, meta, _named, trace) => headOf(call, call.method, meta, false, trace),

  writeBody(
    { args, options, trace: text }: OutgoingCall,
    out: FrameWriter,
    codec: Codec,
    meta: boolean,
    trace: boolean,
  ) {
    if (trace) writeTrace(out, text as string);
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

/** Head of a call that is encoded here. `method`: that of the call, or another one with heads for the same name. */
export function headOf(
  { args, oneway, hasStreams, stream, upload }: OutgoingCall,
  method: RemoteMethod,
  meta: boolean,
  named: boolean,
  trace: boolean,
): RawBytes {
  const items = args.length + (meta ? 1 : 0) + (trace ? 1 : 0);
  const heads = trace ? method.traced : method;
  if (!hasStreams) return heads.head(items, oneway, meta, named);
  return heads.streamHead(items, stream?.time, meta, named, upload !== undefined);
}

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
