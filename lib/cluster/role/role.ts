import type { OutgoingCall } from '../../call/outgoing-call.js';
import type { RpcError } from '../../errors.js';
import type { EncodedValue } from '../../protocol/encoded-value.js';
import type { Term } from '../../term.js';

/** The current role of a shared client: Leader, with the real client in this process, or Follower of the Leader. */
export interface Role {
  readonly isLeader: boolean;
  /** Term of the Leader, with the election of a registry. */
  readonly term?: Term | undefined;
  /** The real client, in the process that leads. */
  readonly realClient?: object;
  /** True while the role takes no calls. {@link RoleHandler.onDrained} is called when the role takes calls again. */
  readonly isFull: boolean;
  /** True where the real client gets the very arguments of a call, streams among them. @default false */
  readonly sharesArguments?: boolean;
  /** Called once per key. Values arrive at {@link RoleHandler.onValue}, and failures at {@link RoleHandler.onError}. */
  subscribe(key: string, reg: unknown): void;
  unsubscribe(key: string, reg: unknown): void;
  publish(key: string, reg: unknown): void;
  /** Settles the call with its answer, at its deadline, or at the end of the role. */
  invoke(call: OutgoingCall): void;
  /** Takes no new calls, and ends when the calls in flight are answered: after `timeoutMs` at most. Resolves at the end. */
  drain(reason: RpcError, timeoutMs: number): Promise<void>;
}

export interface RoleHandler {
  onValue(key: string, value: EncodedValue): void;
  onError(error: Error): void;
  onDrained(): void;
}
