import type { RpcError } from '../lib/errors.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import type { ReloadResult } from '../lib/service/hot-reload.js';
import type { FailedCall } from '../lib/serving/call-failures.js';
import type { EndedCall } from './ended-call.js';

/** Events of a server, each with its arguments. */
export type ServerEvents = {
  /** The server listens, and serves calls. With an election: emitted each time that the server leads. */
  start: [];
  /**
   * The server leads no more, and another process may lead. Calls are refused already: end at once what only a Leader may do. The
   * server then closes all connections, and campaigns again.
   */
  deposed: [reason: RpcError];
  /** A caller has connected; with `secret` or `authenticate`: a caller has proven who it is, and has registered. */
  connection: [caller: ConnectedPeer];
  /** The connection of a caller has ended. `caller.identity` is there where the caller had registered. */
  disconnection: [caller: ConnectedPeer, reason: RpcError];
  /**
   * A method has not answered, and its caller has gone or has stopped waiting long ago. Emitted a second later, once for each
   * such call that is not one-way. `caller` is undefined where the peer is not known.
   */
  abandoned: [method: string, caller: ConnectedPeer | undefined];
  /**
   * A call failed: the method failed, the result could not be sent, or the server refused the call. Emitted for each failed
   * call, one-way calls included, after the answer was sent.
   */
  callFailed: [failure: FailedCall];
  /**
   * A call has ended: answered, failed, refused, or left by the caller; see {@link EndedCall}. Emitted once for each call, one-way
   * calls, streams and calls through shared mailboxes included, after the answer was sent.
   */
  callEnded: [call: EndedCall];
  /** Remote modules were reloaded, or could not be: the result has the failures. */
  reload: [result: ReloadResult];
  /** The server failed. A failed `start()` also emits this event, since programs for pomelo-rpc listen for nothing else. */
  error: [error: Error];
  /** The server has closed, and the port is free. */
  closed: [];
};
