import { serveChannel } from '../channels.js';
import { decodeList, itemEnd } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { readTrace, type TraceFields } from '../protocol/trace-item.js';
import type { IncomingCall } from './incoming-call.js';

/** Reads the meta and the arguments of a call. A trace context in front of them is passed over. Throws as {@link decodeList} does. */
export function decodeArguments(codec: Codec, { argLength, trace }: InvokeHead, { bytes, bodyStart, end }: FrameView) {
  if (trace !== true) return decodeList(codec, bytes, bodyStart, end, argLength);
  return decodeList(codec, bytes, itemEnd(bytes, bodyStart, end), end, argLength - 1);
}

/** The trace context of a request, where `mailstation:serve` has a subscriber. */
export function incomingTrace({ trace }: InvokeHead, { bytes, bodyStart, end }: FrameView): TraceFields | undefined {
  return trace === true && serveChannel.hasSubscribers ? readTrace(bytes, bodyStart, end) : undefined;
}

/** Gives the call the trace context of its request. */
export function takeTrace(call: IncomingCall, head: InvokeHead, frame: FrameView): void {
  const trace = incomingTrace(head, frame);
  if (trace !== undefined) call.trace = trace;
}
