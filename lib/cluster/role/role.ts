import type { OutgoingCall } from '../../call/outgoing-call.js';
import type { RpcError } from '../../errors.js';
import type { EncodedValue } from '../../protocol/encoded-value.js';

/** What a shared client is at the moment: its real client's Leader, or a Follower of that. */
export interface Role {
  readonly isLeader: boolean;
  /** It takes no more calls for now; see {@link RoleHandler.onDrained}. */
  readonly isFull: boolean;
  /** Once a key; values come by {@link RoleHandler.onValue}. What goes wrong is told to {@link RoleHandler.onError}. */
  subscribe(key: string, reg: unknown): void;
  unsubscribe(key: string, reg: unknown): void;
  publish(reg: unknown): void;
  /** The call settles with its answer, its deadline, or the role's end. */
  invoke(call: OutgoingCall): void;
  /** No new calls; those under way have `timeoutMs` to be answered. Resolves when all is closed. */
  close(reason: RpcError, timeoutMs: number): Promise<void>;
}

export interface RoleHandler {
  onValue(key: string, value: EncodedValue): void;
  onError(error: Error): void;
  onDrained(): void;
}
