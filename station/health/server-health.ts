import type { CallWatcher } from '../../lib/call/call-contract.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { Lifecycle, type Transitions } from '../../lib/lifecycle.js';
import type { Filled } from '../../lib/options.js';
import type { EjectionOptions } from './options.js';

const TRANSITIONS = {
  admitted: ['ejected'],
  ejected: ['admitted'],
} as const satisfies Transitions<'admitted' | 'ejected'>;

/**
 * Codes that count against the server. A lost connection counts too, but once, and not once for each call on the
 * connection; see {@link ServerHealth.connectionFailed}. Every answer counts for the server.
 */
const AGAINST: readonly RpcCode[] = [RpcCode.Timeout, RpcCode.Connect, RpcCode.Overloaded];
/** Share of a call's time past which a stall of our own event loop makes the call say nothing about the server. */
const OUR_SHARE = 0.25;

export interface HealthHandler {
  /** Called when a server has failed so often in a row that it ought to be ejected. */
  onOutlier(health: ServerHealth, reason: RpcError): void;
}

/** Health of one server, as `client.health(serverId)` returns it. */
export interface ServerHealthReport {
  /** Whether routers choose from the server (`admitted`) or not (`ejected`). */
  readonly state: 'admitted' | 'ejected';
  /** Failures in a row, up to now. Each answer, and each readmission, sets the number to 0. */
  readonly failures: number;
  /** Recent ejections: one is forgotten for each `baseEjectionTime` without a new one. */
  readonly ejections: number;
  /** Last failure before the ejection, while the server is ejected. */
  readonly reason: RpcError | undefined;
  /** Time until the server is readmitted, while it is ejected. Unit: ms. */
  readonly left: number;
}

/** Failures in a row of one server, and whether the server is ejected. */
export class ServerHealth implements CallWatcher {
  readonly serverId: string;
  readonly serverType: string;
  readonly #options: Filled<EjectionOptions>;
  readonly #handler: HealthHandler;
  readonly #lifecycle = new Lifecycle<keyof typeof TRANSITIONS>('admitted', TRANSITIONS, () => {});
  #failures = 0;
  #ejections = 0;
  #reason: RpcError | undefined;
  /** True when no connection could be made, so that a connection proves that the server is back. */
  #isOutOfReach = false;
  /** While ejected: when the ejection ends. Otherwise: when the last one ended. ms, `performance.now()` */
  #until = 0;

  constructor(serverId: string, serverType: string, options: Filled<EjectionOptions>, handler: HealthHandler) {
    this.serverId = serverId;
    this.serverType = serverType;
    this.#options = options;
    this.#handler = handler;
  }

  get isEjected(): boolean {
    return this.#lifecycle.state === 'ejected';
  }

  /** No failure since the last answer. */
  get isWell(): boolean {
    return this.#failures === 0;
  }

  get isOutOfReach(): boolean {
    return this.#isOutOfReach;
  }

  get until(): number {
    return this.#until;
  }

  /** By the method, its error included: the server is at work. */
  answered(): void {
    this.#failures = 0;
  }

  failed(error: RpcError): void {
    if (error.delivery === 'answered') this.answered();
    else if (AGAINST.includes(error.code) && !isOurFault(error)) this.#failed(error, error.code === RpcCode.Connect);
  }

  /** `isDial`: it could not be made; otherwise it stood, and was lost. */
  connectionFailed(reason: RpcError, isDial: boolean): void {
    this.#failed(reason, isDial);
  }

  /** Longer each time. Returns for how long, ms. */
  eject(now: number, reason: RpcError): number {
    const { baseEjectionTime, maxEjectionTime } = this.#options;
    const forgotten = Math.floor(Math.max(0, now - this.#until) / baseEjectionTime);
    this.#ejections = Math.max(0, this.#ejections - forgotten) + 1;
    const ms = Math.min(maxEjectionTime, baseEjectionTime * this.#ejections);
    this.#lifecycle.move('ejected', reason);
    this.#until = now + ms;
    this.#reason = reason;
    return ms;
  }

  readmit(now: number): void {
    this.#lifecycle.move('admitted');
    this.#failures = 0;
    this.#until = now;
    this.#reason = undefined;
  }

  report(now: number): ServerHealthReport {
    const left = this.isEjected ? Math.max(0, Math.ceil(this.#until - now)) : 0;
    const state = this.#lifecycle.state;
    return { state, failures: this.#failures, ejections: this.#ejections, reason: this.#reason, left };
  }

  #failed(reason: RpcError, isDial: boolean): void {
    this.#failures += 1;
    if (this.isEjected) return;
    this.#isOutOfReach = isDial;
    if (this.#failures >= this.#options.consecutiveFailures) this.#handler.onOutlier(this, reason);
  }
}

function isOurFault({ timing }: RpcError): boolean {
  return timing !== undefined && timing.stallMs > timing.totalMs * OUR_SHARE;
}
