import { messageOf } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeResultHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';

/** All the results of an answer: of a stock peer's, the one. */
export function decodeResults(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): unknown[] {
  if (head.results !== undefined) return decodeList(codec, bytes, bodyStart, end, head.results);
  return bodyStart === end ? [] : [codec.decode(bytes, bodyStart, end)];
}

/** The method's own error. Rebuilt from listed fields: copying whatever the wire says onto an Error would let a peer replace its prototype. */
export function remoteError(body: unknown): Error {
  const { name, message, code, stack } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const error = new Error(
    typeof message === 'string' ? message : messageOf(body ?? 'the method failed without saying why'),
  );
  if (typeof name === 'string')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  // Ours would point into the decoder; theirs is sent only where the server was told to expose it.
  error.stack = typeof stack === 'string' ? stack : `${error.name}: ${error.message}`;
  return error;
}
