import { randomUUID } from 'node:crypto';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { Logger } from '../lib/diagnostics.js';

/** Step of a call, in the words of pomelo-rpc's tracer. */
export interface TraceStep {
  /** The same for all steps of a call. */
  readonly traceId: string;
  /** Counts the steps of a call, from 1. */
  readonly seq: number;
  readonly step: 'made' | 'sent' | 'settled';
  /** The client: its `clientId`. */
  readonly source: string;
  /** The server's id, once it is known. */
  readonly remote: string | undefined;
  /** `namespace.module.method`; arguments are never part of a trace. */
  readonly method: string;
  /** ms since the call was made. */
  readonly ms: number;
  /** How it settled, where it failed. */
  readonly code: string | undefined;
}

/** Reports the steps of each call, and changes nothing about the calls. Source: pomelo-rpc, `rpcDebugLog`. */
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
      this.#tell({
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

  #tell(step: TraceStep): void {
    const { traceId, seq, remote = '?', code = 'ok' } = step;
    const outcome = step.step === 'settled' ? `settled: ${code}` : step.step;
    this.#logger.info(
      `[mailstation trace] ${traceId} ${seq} ${step.source} -> ${remote} ${step.method} ${outcome} ${step.ms.toFixed(1)} ms`,
    );
    this.#onStep(step);
  }
}
