import { RpcCode, RpcError } from '../errors.js';

/** Names that cluster-client, and tcp-base under it, have for the same failures. Sources: tcp-base 3.2.0; cluster-client 3.7.0, lib/leader.js */
const NAMES: Partial<Record<RpcCode, string>> = {
  [RpcCode.Timeout]: 'ResponseTimeoutError',
  [RpcCode.ConnectionLost]: 'SocketCloseError',
  [RpcCode.Stopping]: 'SocketCloseError',
  [RpcCode.Closed]: 'SocketCloseError',
  [RpcCode.PeerSilent]: 'ServerNoResponseError',
  [RpcCode.Connect]: 'TcpConnectionTimeoutError',
};

/** Names of the errors that a Leader reports about its Followers and its real client. */
export const LEADER_ERROR = {
  /** A Follower did not acknowledge a value in time. */
  unacknowledged: 'ClusterConnectionResponseTimeoutError',
  /** A Follower sent nothing for too long and was disconnected. */
  silent: 'ClusterClientNoResponseError',
  /** The real client answered after the deadline of its caller. */
  tooLate: 'ClusterLeaderTimeoutError',
} as const;

/** The same error under another name; `code` stays as it is. */
export function withName<E extends Error>(error: E, name: string): E {
  return Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
}

/** Methods of a shared client have no `.stream`: what the caller of a method that is delegated the wrong way has to change. */
function wrongDelegate({ code, method = '', serverId, delivery, cause }: RpcError): RpcError | undefined {
  let why: string;
  if (code === RpcCode.NeedsStream) why = `the method answers with a stream: delegate('${method}', 'stream')`;
  else if (code === RpcCode.NoStream && delivery === 'answered')
    why = `the method answers with one value and not with a stream: delegate('${method}', 'invoke'), and not as 'stream'`;
  else return undefined;
  return new RpcError(code, `${method} on ${serverId}: ${why}`, { method, serverId, delivery, cause });
}

/** The error that a shared client's caller gets: the real client's own error, or the RpcError under cluster-client's name. */
export function callerError(error: RpcError): Error {
  if (error.code === RpcCode.Remote && error.cause instanceof Error) return error.cause;
  const name = NAMES[error.code];
  return name === undefined ? (wrongDelegate(error) ?? error) : withName(error, name);
}
