import { randomUUID } from 'node:crypto';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { Logger } from '../lib/diagnostics.js';
import { performance } from '../lib/timers.js';

/** One step of a call, for the option `rpcDebugLog`. Source: pomelo-rpc. */
export interface TraceStep {
  /** Id of the call, the same for all its steps. */
  readonly traceId: string;
  /** Number of the step within the call, from 1. */
  readonly seq: number;
  /** Step that the call has taken. */
  readonly step: 'made' | 'sent' | 'settled';
  /** Name of the client: its `clientId`. */
  readonly source: string;
  /** Id of the server; undefined before a server was chosen. */
  readonly remote: string | undefined;
  /** Name of the method: `namespace.module.method`. Arguments are never part of a trace. */
  readonly method: string;
  /** Time since the call was made. Unit: ms. */
  readonly ms: number;
  /** Code of the error, for a settled call that failed. */
  readonly code: string | undefined;
}

/** Reports the steps of calls, and changes nothing about the calls. Source: pomelo-rpc, `rpcDebugLog`. */
export class CallTracer {
  readonly #source: string;
  readonly #logger: Logger;
  readonly #onStep: (step: TraceStep) => void;

  constructor(source: string, logger: Logger, onStep: (step: TraceStep) => void) {
    this.#source = source;
    this.#logger = logger;
    this.#onStep = onStep;
  }

  watch(call: OutgoingCall): void {
    const traceId = randomUUID();
    let seq = 0;
    const tell = (step: TraceStep['step'], code?: string): void => {
      seq += 1;
      const ms = performance.now() - call.startedAt;
      this.#tell(call.oneway, {
        traceId,
        seq,
        step,
        source: this.#source,
        remote: call.serverId,
        method: call.method.name,
        ms,
        code,
      });
    };
    tell('made');
    call.onSent = () => tell('sent');
    call.intercept((settle) => (error, results) => {
      tell('settled', error?.code);
      settle(error, results);
    });
  }

  /** A one-way call that was sent may have failed at its server: there is no answer, and nothing is known to be `ok`. */
  #tell(oneway: boolean, step: TraceStep): void {
    const { traceId, seq, remote = '?', code = oneway ? 'sent, without an answer' : 'ok' } = step;
    const outcome = step.step === 'settled' ? `settled: ${code}` : step.step;
    this.#logger.info(
      `[mailstation trace] ${traceId} ${seq} ${step.source} -> ${remote} ${step.method} ${outcome} ${step.ms.toFixed(1)} ms`,
    );
    this.#onStep(step);
  }
}
