import type { CallOutcome } from '../call-outcome.js';
import type { RpcCode } from '../errors.js';
import type { TraceFields } from '../protocol/trace-item.js';
import type { ConnectedPeer } from '../server-info.js';
import type { CallObserver, RefusedRequest } from './call-ends.js';
import type { IncomingCall } from './incoming-call.js';

/** Two observers as one. A loop over a list of them would make an object for each call. */
export class ObserverPair implements CallObserver {
  readonly #first: CallObserver;
  readonly #second: CallObserver;

  constructor(first: CallObserver, second: CallObserver) {
    this.#first = first;
    this.#second = second;
  }

  get isOn(): boolean {
    return this.#first.isOn || this.#second.isOn;
  }

  begun(call: IncomingCall): void {
    if (this.#first.isOn) this.#first.begun(call);
    if (this.#second.isOn) this.#second.begun(call);
  }

  ended(
    call: IncomingCall,
    outcome: CallOutcome,
    code: RpcCode | undefined,
    error: Error | undefined,
    micros: number,
    peer: ConnectedPeer | undefined,
  ): void {
    if (this.#first.isOn) this.#first.ended(call, outcome, code, error, micros, peer);
    if (this.#second.isOn) this.#second.ended(call, outcome, code, error, micros, peer);
  }

  refused(
    request: RefusedRequest,
    error: Error,
    code: RpcCode,
    peer: ConnectedPeer | undefined,
    trace?: TraceFields,
  ): void {
    if (this.#first.isOn) this.#first.refused(request, error, code, peer, trace);
    if (this.#second.isOn) this.#second.refused(request, error, code, peer, trace);
  }

  started(call: IncomingCall): void {
    this.#first.started?.(call);
    this.#second.started?.(call);
  }
}
