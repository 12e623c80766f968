import type { CallAdmission } from '../lib/call/call-stage.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { pomeloCode } from '../lib/compat/pomelo-codes.js';
import { RpcCode } from '../lib/errors.js';
import type { CallTracer } from './call-tracer.js';
import type { MailStationEvents } from './events.js';
import type { MailStationState } from './state.js';

/** The mail station, as far as admission needs it. */
export interface AdmittingStation {
  readonly state: MailStationState;
  listenerCount(event: 'error'): number;
  emit(event: 'error', ...args: MailStationEvents['error']): boolean;
}

/** Refuses calls of a client that is not started or stopped, and has each call's failure and its trace reported. */
export class Admission implements CallAdmission {
  readonly #station: AdmittingStation;
  readonly #tracer: CallTracer | undefined;

  constructor(station: AdmittingStation, tracer: CallTracer | undefined) {
    this.#station = station;
    this.#tracer = tracer;
  }

  admit(call: OutgoingCall): boolean {
    if (this.#station.listenerCount('error') > 0) this.#reportFailure(call);
    this.#tracer?.watch(call);
    const { state } = this.#station;
    if (state === 'started') return true;
    const [code, why] =
      state === 'idle' || state === 'starting'
        ? [RpcCode.NotStarted, 'the client is not started: await client.start() before the call']
        : [RpcCode.Closed, 'the client is stopped: make another client for further calls'];
    call.fail(call.error(code, why, 'not-sent'));
    return false;
  }

  #reportFailure(call: OutgoingCall): void {
    call.intercept((settle) => (error, results) => {
      settle(error, results);
      if (error === undefined || error.delivery === 'answered') return;
      this.#station.emit('error', pomeloCode(error.code), null, call.serverId, call.msg, call.options, error);
    });
  }
}
