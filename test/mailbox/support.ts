import assert from 'node:assert/strict';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { Line, LineHandler } from '../../lib/follower/line.js';
import type { LineOptions } from '../../lib/follower/line-options.js';
import type { Agreement } from '../../lib/follower/registration.js';
import type { OpenLine } from '../../mailbox/line-mailbox.js';
import { tick } from '../lib/transport/support.js';

export const STOPPED = new RpcError(RpcCode.Closed, 'the client was stopped');
export const LOST = new RpcError(RpcCode.ConnectionLost, 'the connection was lost');
export const REFUSED = new RpcError(RpcCode.Connect, 'connect ECONNREFUSED');

/** A line without a socket: calls that were sent are kept, and the test says what the Leader does. */
export class FakeLine {
  readonly peer = 'fake:1';
  readonly features: string[] = ['relay'];
  agreement: Partial<Agreement> = {};
  readonly sent: OutgoingCall[] = [];
  /** Heads that were sent without an answer, as JSON. */
  readonly told: string[] = [];
  /** `drain 500`, `destroy`: in the order in which they were asked for. */
  readonly ends: string[] = [];
  isFull = false;
  isGoingAway = false;
  hasAnswered = false;
  latency: number | undefined;
  closeReason: RpcError | undefined;
  readonly #handler: LineHandler;

  constructor(handler: LineHandler) {
    this.#handler = handler;
  }

  get asLine(): Line {
    return this as unknown as Line;
  }

  get inFlight(): number {
    return this.sent.filter((call) => !call.isSettled).length;
  }

  invoke(call: OutgoingCall): void {
    this.sent.push(call);
  }

  tell(head: Uint8Array): void {
    this.told.push(Buffer.from(head).toString());
  }

  drain(_reason: RpcError, timeoutMs: number): void {
    if (this.closeReason === undefined) this.ends.push(`drain ${timeoutMs}`);
  }

  destroy(reason: RpcError): void {
    this.ends.push('destroy');
    this.close(reason);
  }

  /** The connection has ended. */
  close(reason: RpcError = LOST): void {
    if (this.closeReason !== undefined) return;
    this.closeReason = reason;
    this.#handler.onClosed(this.asLine, reason);
    for (const call of this.sent) call.lost(reason, 'unknown');
  }

  /** The Leader is about to leave. */
  goaway(): void {
    this.isGoingAway = true;
    this.#handler.onGoaway(this.asLine);
  }

  drained(): void {
    this.isFull = false;
    this.#handler.onDrained?.();
  }

  reportState(to: number, state: 'idle' | 'connecting' | 'ready' | 'full' | 'backoff'): void {
    const head = { type: 'mailbox_state', to, state, lastFailure: undefined, reason: undefined } as const;
    this.#handler.onMailBoxState?.(this.asLine, head);
  }
}

interface DialAttempt {
  readonly line: FakeLine;
  readonly options: LineOptions;
  readonly signal: AbortSignal;
  accept(): Promise<void>;
  refuse(error?: Error): Promise<void>;
}

/** A network in which the test decides how each attempt to open a line ends. */
export function fakeDial() {
  const attempts: DialAttempt[] = [];
  const openLine: OpenLine = (options, handler, signal) =>
    new Promise((resolve, reject) => {
      const line = new FakeLine(handler);
      attempts.push({
        line,
        options,
        signal,
        accept: () => {
          resolve(line.asLine);
          return tick();
        },
        refuse: (error = REFUSED) => {
          reject(error);
          return tick();
        },
      });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return { attempts, openLine, latest: () => attempts.at(-1) ?? assert.fail('no line was opened') };
}
