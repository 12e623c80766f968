import type { CallStage } from '../lib/call/call-stage.js';
import type { FailOptions } from '../lib/call/fail-mode.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RpcError } from '../lib/errors.js';
import type { Filled } from '../lib/options.js';
import type { Reachability } from './reachability.js';

/** Parts that the attempts at a call are made with. */
export interface AttemptParts {
  /** The stage behind the failure modes: the router. */
  readonly next: CallStage;
  readonly reachability: Pick<Reachability, 'untried' | 'isAnyConnected' | 'lastFailure' | 'whenChanged'>;
  /** Keeps a call's deadline between two attempts. */
  readonly held: Pick<HeldCalls, 'add' | 'delete'>;
  /** The client is being stopped: no new attempt is made. */
  readonly isStopped: boolean;
}

/** A call that is under way in a mode that may try it again. */
export interface Tried {
  readonly call: OutgoingCall;
  /** The server that the caller named. */
  readonly named: string | undefined;
  readonly servers: ReadonlySet<string>;
  /** Servers among them that could not be reached: they know nothing of the call. */
  readonly outOfReach: ReadonlySet<string>;
  /** Attempts that failed. */
  readonly count: number;
  readonly options: Filled<FailOptions>;
}

export interface Retry {
  readonly does: 'try again';
  readonly afterMs: number;
  readonly serverId: string | undefined;
}

export type Decision =
  /** Another attempt, at that server; with `serverId` undefined, at one that was not tried. */
  | Retry
  /** Another attempt as soon as one of the servers that were out of reach can be reached. */
  | { readonly does: 'wait for a server' }
  | { readonly does: 'accept'; readonly receipt: FailbackReceipt }
  | { readonly does: 'give up'; readonly why: string };

/** Decision of a failure mode about a call whose attempt has failed and that may be repeated. */
export interface FailurePolicy {
  /** Whether the next attempt waits for its server's connection; otherwise it fails as soon as the server is seen to be out of reach. */
  waitsForReady(tried: Tried): boolean;
  /** `isFree`: the attempt never left this process. */
  decide(tried: Tried, error: RpcError, isFree: boolean): Decision;
}

export function giveUp(why: string): Decision {
  return { does: 'give up', why };
}

/** Undefined while there may be another attempt, after `count` that failed. */
export function enough(count: number, { retryTimes }: Filled<FailOptions>): Decision | undefined {
  return count > retryTimes ? giveUp(`retryTimes is ${retryTimes}`) : undefined;
}
