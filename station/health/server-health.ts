import type { CallWatcher } from '../../lib/call/call-contract.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { Lifecycle, type Transitions } from '../../lib/lifecycle.js';
import type { EjectionOptions } from './options.js';

const TRANSITIONS = {
  admitted: ['ejected'],
  ejected: ['admitted'],
} as const satisfies Transitions<'admitted' | 'ejected'>;

/**
 * Failures that speak against the server. A lost connection does too, but once, and not once for each call that was on
 * it; see {@link ServerHealth.connectionFailed}. Whatever was answered speaks for it.
 */
const AGAINST: readonly RpcCode[] = [RpcCode.Timeout, RpcCode.Connect, RpcCode.Overloaded];
/** A call during which our own event loop was kept for more than this share of its time says nothing of the server. */
const OUR_SHARE = 0.25;

export interface HealthHandler {
  /** The server has failed so often in a row that it should be ejected. */
  onOutlier(health: ServerHealth, reason: RpcError): void;
}

/** What is known of a server, as {@link Client.health} tells it. */
export interface ServerHealthReport {
  readonly state: 'admitted' | 'ejected';
  /** In a row, up to now. */
  readonly failures: number;
  /** How often it was ejected, of late: one is forgotten for each `baseEjectionTime` without a new one. */
  readonly ejections: number;
  /** While it is ejected: the last failure before that. */
  readonly reason: RpcError | undefined;
  /** While it is ejected: how long it still is. Unit: ms. */
  readonly left: number;
}

/** Failures in a row of a server, and whether the server is ejected. */
export class ServerHealth implements CallWatcher {
  readonly serverId: string;
  readonly serverType: string;
  readonly #options: Required<EjectionOptions>;
  readonly #handler: HealthHandler;
  readonly #lifecycle = new Lifecycle<keyof typeof TRANSITIONS>('admitted', TRANSITIONS, () => {});
  #failures = 0;
  #ejections = 0;
  #reason: RpcError | undefined;
  /** The server could not be connected to, so a connection proves that it is back. */
  #isOutOfReach = false;
  /** While ejected, when that ends; else, when it ended. */
  #until = 0;

  constructor(serverId: string, serverType: string, options: Required<EjectionOptions>, handler: HealthHandler) {
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
