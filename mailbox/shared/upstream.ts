import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';

/** Destination of a shared mailbox's calls: the real mailbox in the Leader, or the way to the Leader in a Follower. */
export interface Upstream {
  /** While the state is `ready`: takes no more calls until {@link UpstreamUser.onDrained}. */
  readonly isFull: boolean;
  /** Connects an idle mailbox. The user is notified of the state, at once or later, and of each change after that. */
  connect(): void;
  /** Sends a call. Allowed only while the state is `ready`. */
  send(call: OutgoingCall): void;
  /** Ends the use. The user is notified of nothing more. */
  release(): void;
}

export interface UpstreamUser {
  onStatus(status: UpstreamStatus): void;
  onDrained(): void;
  /** The call was not sent and is not settled. The user sends the call again through the next upstream. */
  onReturned(call: OutgoingCall): void;
}

export interface UpstreamStatus {
  readonly state: 'idle' | 'connecting' | 'ready' | 'backoff';
  /** Reason for leaving the last state. */
  readonly reason?: RpcError | undefined;
  /** Failure of the last attempt to connect; undefined after a success. */
  readonly lastFailure?: RpcError | undefined;
  /** Generation of the server, while connected. */
  readonly generation?: string | undefined;
}

/** Maker of upstreams: the relay in the Leader, the line to the Leader in a Follower. */
export interface Upstreams {
  open(server: ServerInfo, user: UpstreamUser): Upstream;
}
