import type { Emitter } from '../lib/emitter.js';
import type { RpcError } from '../lib/errors.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import type { FailedCall } from '../lib/serving/call-failures.js';
import type { ServerEvents } from './events.js';

/** Receivers of what an acceptor reports: each of them emits an event of the server. */
export function acceptorEvents(server: Emitter<ServerEvents>) {
  return {
    onSession: (peer: ConnectedPeer): void => void server.emit('connection', peer),
    onSessionClosed: (peer: ConnectedPeer, reason: RpcError): void => void server.emit('disconnection', peer, reason),
    onAbandoned: ({ method, caller }: Pick<FailedCall, 'method' | 'caller'>): void =>
      void server.emit('abandoned', method, caller),
    onError: (error: Error): void => void server.emit('error', error),
  };
}
