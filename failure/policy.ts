import type { FailOptions } from '../lib/call/fail-mode.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RpcError } from '../lib/errors.js';

/** Whoever routes and sends calls: the client's router and station, put together. */
export interface CallWays {
  /** True when a new call may go on; otherwise it has been failed. */
  admit(call: OutgoingCall): boolean;
  /** To the server that its router chooses, none of those that were tried. */
  route(call: OutgoingCall, tried?: ReadonlySet<string>): void;
  dispatch(call: OutgoingCall, serverId: string): void;
  /** How many servers the type has beside those that were tried. */
  untried(serverType: string, tried: ReadonlySet<string>): number;
  /** Whether one of these servers has a connection. */
  isAnyConnected(serverIds: ReadonlySet<string>): boolean;
  /** Calls back once, when a server of the type has come, or its connection was made. What it returns takes that back. */
  whenChanged(serverType: string, wake: () => void): () => void;
  /** Keeps a call's deadline between two attempts. False: too many are kept, and the call has failed instead. */
  hold(call: OutgoingCall): boolean;
  release(call: OutgoingCall): void;
  /** Has the after filters stand between the call's answer, which is in, and its caller. */
  filterAnswer(call: OutgoingCall): void;
  /** New attempts are welcome: the client is started, and not being stopped. */
  isOpen(): boolean;
}

/** A call that is under way in a mode which may try it again. */
export interface Tried {
  readonly call: OutgoingCall;
  /** The server that the caller named. */
  readonly named: string | undefined;
  readonly servers: ReadonlySet<string>;
  /** Of those, the ones that could not be reached: they know nothing of the call. */
  readonly outOfReach: ReadonlySet<string>;
  /** Attempts that failed. */
  readonly count: number;
  readonly options: Required<FailOptions>;
}

export type Decision =
  /** `serverId`: to that server; undefined: to one that was not tried. */
  | { readonly does: 'try again'; readonly afterMs: number; readonly serverId: string | undefined }
  /** As soon as one of the servers that were out of reach is there. */
  | { readonly does: 'wait for a server' }
  | { readonly does: 'accept'; readonly receipt: FailbackReceipt }
  | { readonly does: 'give up'; readonly why: string };

/** What a mode does with a call whose attempt has failed, where the call may be repeated. */
export interface FailurePolicy {
  /** Whether the next attempt waits for its server's connection; otherwise it fails as soon as the server is seen to be out of reach. */
  waitsForReady(tried: Tried): boolean;
  /** `isFree`: the attempt never left this process. */
  decide(tried: Tried, error: RpcError, isFree: boolean): Decision;
}

export function giveUp(why: string): Decision {
  return { does: 'give up', why };
}

/** Undefined while there may be another one, after so many that failed. */
export function enough(count: number, { retryTimes }: Required<FailOptions>): Decision | undefined {
  return count > retryTimes ? giveUp(`retryTimes is ${retryTimes}`) : undefined;
}
