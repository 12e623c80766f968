import { RpcCode, RpcError, toError } from '../errors.js';
import { ForeignError } from '../protocol/foreign-answer.js';
import type { ByteStream } from './byte-stream.js';
import type { ConnectionOptions } from './connection-contract.js';

/** A frame that was refused before any byte of it was queued. */
export function notSent(code: RpcCode, message: string): RpcError {
  return new RpcError(code, message, { delivery: 'not-sent' });
}

export function queueFull(queuedBytes: number, peer: string, maxQueuedBytes: number): RpcError {
  const what = `${queuedBytes} bytes wait to be written to ${peer}`;
  return notSent(RpcCode.QueueFull, `${what}; maxQueuedBytes allows ${maxQueuedBytes}`);
}

/** Sends a peer of another protocol the answer that this peer understands; at the answering end only. Returns the error. */
export function answerForeign(
  error: unknown,
  stream: Pick<ByteStream, 'write'>,
  { pauseWhenBlocked: isAnswering }: Pick<ConnectionOptions, 'pauseWhenBlocked'>,
): unknown {
  if (isAnswering && error instanceof ForeignError && error.answer !== undefined) stream.write(error.answer);
  return error;
}

/** The error of a connection whose peer sent bytes that are not a packet, or whose handler threw. */
export function protocolError(peer: string, cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  return new RpcError(RpcCode.Protocol, `${peer}: ${toError(cause).message}`, { cause });
}

export function connectionLost(peer: string, error: Error | undefined): RpcError {
  const how = error === undefined ? 'the peer closed it' : error.message;
  return new RpcError(RpcCode.ConnectionLost, `connection to ${peer} lost: ${how}`, { cause: error });
}

/** The error of a connection that holds too many of a port's bytes. */
export function evicted(peer: string, why: string): RpcError {
  return new RpcError(RpcCode.Overloaded, `${peer} was disconnected: ${why}`);
}

/** Reason of a connection that ended after a goaway with calls unanswered: the server did not wait any longer. */
export function cutOff(peer: string, cause: RpcError): RpcError {
  return new RpcError(RpcCode.Stopping, `${peer} stopped before all calls were answered`, { cause });
}
