import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';

/** Where a shared mailbox sends its calls: the real mailbox, in the process that leads; in the others, a way to it. */
export interface Upstream {
  /** While ready: no more calls for now, until {@link UpstreamUser.onDrained}. */
  readonly isFull: boolean;
  /** Connects where it is idle. Its user is told how it is, at once or later, and of every change after that. */
  connect(): void;
  /** Only while it is ready. */
  send(call: OutgoingCall): void;
  /** Its user has no more use for it, and is told nothing more. */
  release(): void;
}

export interface UpstreamUser {
  onNews(news: UpstreamStatus): void;
  onDrained(): void;
  /** The call could not be sent, and is not settled: it goes to whatever target is next. */
  onReturned(call: OutgoingCall): void;
}

export interface UpstreamStatus {
  readonly state: 'idle' | 'connecting' | 'ready' | 'backoff';
  /** Why it has left its last state. */
  readonly reason?: RpcError | undefined;
  /** Why the last attempt to connect failed, while there has been no success since. */
  readonly lastFailure?: RpcError | undefined;
}
