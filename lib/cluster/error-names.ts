import { RpcCode, type RpcError } from '../errors.js';

/** What cluster-client, and tcp-base under it, call the same failures. Sources: tcp-base 3.2.0; cluster-client 3.7.0, lib/leader.js */
const NAMES: Partial<Record<RpcCode, string>> = {
  [RpcCode.Timeout]: 'ResponseTimeoutError',
  [RpcCode.ConnectionLost]: 'SocketCloseError',
  [RpcCode.Stopping]: 'SocketCloseError',
  [RpcCode.Closed]: 'SocketCloseError',
  [RpcCode.PeerSilent]: 'ServerNoResponseError',
  [RpcCode.Connect]: 'TcpConnectionTimeoutError',
};

/** The Leader's own words for what it finds out about its Followers and its real client. */
export const LEADER_ERROR = {
  /** A value was not acknowledged in time. */
  unacknowledged: 'ClusterConnectionResponseTimeoutError',
  /** A Follower sent nothing for too long, and was dropped. */
  silent: 'ClusterClientNoResponseError',
  /** The real client answered after its caller had given up. */
  tooLate: 'ClusterLeaderTimeoutError',
} as const;

/** The same error under the name by which cluster-client's users know it; its `code` stays. */
export function underItsName<E extends Error>(error: E, name: string): E {
  return Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
}

/** How a call of a shared client fails: with the real client's own error, where it was that which failed. */
export function asCallerKnowsIt(error: RpcError): Error {
  if (error.code === RpcCode.Remote && error.cause instanceof Error) return error.cause;
  const name = NAMES[error.code];
  return name === undefined ? error : underItsName(error, name);
}
