import { RpcCode } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameView } from '../protocol/packet.js';
import type { RelayFailureHead } from '../protocol/relay-message.js';
import { readError, rpcCode } from '../wire-errors.js';
import type { RemoteMethod } from './remote-method.js';

/** The way of a call through another process of ours, which has a connection to its server. */
export interface Via<Call> {
  /** The method, with the heads that its packets have on this way. */
  method(method: RemoteMethod): RemoteMethod;
  /** The call has come back, and was not sent: it goes another way. */
  returned(call: Call): void;
}

/** Undefined: the call was not sent, since the process that relays it is stopping; it comes back. */
export function readRelayFailure(
  { code, delivery }: RelayFailureHead,
  codec: Codec,
  { bytes, bodyStart, end }: FrameView,
): { readonly code: RpcCode; readonly message: string; readonly cause: unknown } | undefined {
  if (code === RpcCode.Stopping && delivery === 'not-sent') return undefined;
  const { message, cause } = readError(codec.decode(bytes, bodyStart, end));
  return { code: rpcCode(code) ?? RpcCode.ConnectionLost, message, cause };
}
