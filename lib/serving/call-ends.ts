import type { CallOutcome } from '../call-outcome.js';
import { RpcCode } from '../errors.js';
import type { TraceFields } from '../protocol/trace-item.js';
import type { ConnectedPeer } from '../server-info.js';
import { performance } from '../timers.js';
import { type IncomingCall, microseconds, microsecondsSince } from './incoming-call.js';

/** Request that is refused before a call is made. */
export interface RefusedRequest {
  readonly method: string;
  readonly oneway: boolean;
  /** Name of the client that came with the call. */
  readonly caller?: string | undefined;
  /** Set for a call whose results are a stream. */
  readonly stream?: unknown;
}

/**
 * Observer of the calls of a channel. Each call that was begun ends once; a request that was refused before is not begun. Copies of the
 * package hand channels to each other, so that no member may be renamed. No member may throw.
 */
export interface CallObserver {
  /** False while the observer wants no reports. Then a call costs one look at this field. */
  readonly isOn: boolean;
  /** The call was admitted, and runs or waits in the queue. */
  begun(call: IncomingCall): void;
  /** `micros`: time since the arrival. `peer`: the connection of the caller. */
  ended(
    call: IncomingCall,
    outcome: CallOutcome,
    code: RpcCode | undefined,
    error: Error | undefined,
    micros: number,
    peer: ConnectedPeer | undefined,
  ): void;
  /** `trace`: trace context that came with the request, where `mailstation:serve` has a subscriber. */
  refused(
    request: RefusedRequest,
    error: Error,
    code: RpcCode,
    peer: ConnectedPeer | undefined,
    trace?: TraceFields,
  ): void;
  /** The turn of a call has come that has waited in the queue. Calls that start at once are not reported. */
  started?(call: IncomingCall): void;
}

/** Codes with which a call ends whose method did not run. */
const NOT_RUN: readonly RpcCode[] = [
  RpcCode.NoMethod,
  RpcCode.Forbidden,
  RpcCode.Filter,
  RpcCode.BadRequest,
  RpcCode.Validation,
  RpcCode.Timeout,
  RpcCode.Overloaded,
  RpcCode.StaleLeader,
];

/**
 * Reports to the observer of a channel how the calls of one connection end. The failure of a call is noted just before the call is
 * served, in the same turn, so that no call needs a field for the failure.
 */
export class CallEnds {
  readonly #observer: CallObserver;
  /** Time at which the request arrived that is being admitted; see {@link microseconds}. */
  arrivedMicros = 0;
  #error: Error | undefined;
  #code: RpcCode | undefined;
  #isLeft = false;

  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  begins(call: IncomingCall): void {
    if (!this.#observer.isOn) return;
    call.arrivedMicros = this.arrivedMicros;
    this.#observer.begun(call);
  }

  /** Notes the failure with which the call ends that is served next. `code`: undefined for an error of the method. */
  failed(error: Error, code: RpcCode | undefined): void {
    this.#error = error;
    this.#code = code ?? RpcCode.Remote;
  }

  /** Notes that no caller waits for the call that is served next. */
  left(): void {
    this.#isLeft = true;
  }

  /** A call is over. `gone`: reason for which the connection has ended. */
  ended(call: IncomingCall, peer: ConnectedPeer | undefined, gone?: RpcCode): void {
    const error = this.#error;
    const isLeft = this.#isLeft || ((gone !== undefined || call.isAborted) && !call.oneway);
    let code = this.#code;
    this.forget();
    if (!this.#observer.isOn) return;
    // Integers from here on: a number with a fraction, handed to a function, would be an object on the heap.
    const now = performance.now();
    const ms = Math.floor(now);
    const micros = microsecondsSince(call, ms, microseconds(now));
    let outcome: CallOutcome = 'ok';
    if (code !== undefined && NOT_RUN.includes(code)) outcome = 'refused';
    else if (call.isLate(ms) && !call.oneway) outcome = 'late';
    else if (isLeft) outcome = 'left';
    else if (code !== undefined) outcome = 'failed';
    if (outcome === 'late') code = RpcCode.Timeout;
    else if (outcome === 'left') code = gone ?? call.abortCode ?? RpcCode.Cancelled;
    this.#observer.ended(call, outcome, code, error, micros, peer);
  }

  /** A call is over whose end was reported before: what was noted of it is no other call's. */
  forget(): void {
    this.#error = undefined;
    this.#code = undefined;
    this.#isLeft = false;
  }

  /** The server waits no longer for the answer of a call that the caller has left. */
  unanswered(call: IncomingCall, peer: ConnectedPeer | undefined): void {
    if (!this.#observer.isOn) return;
    const now = performance.now();
    const micros = microsecondsSince(call, Math.floor(now), microseconds(now));
    const { abortCode } = call;
    // A caller that has cancelled, or is gone, has left; one whose deadline has passed still waited.
    if (!call.oneway && abortCode !== undefined && abortCode !== RpcCode.Timeout)
      this.#observer.ended(call, 'left', abortCode, undefined, micros, peer);
    else this.#observer.ended(call, 'unanswered', call.oneway ? undefined : RpcCode.Timeout, undefined, micros, peer);
  }
}
