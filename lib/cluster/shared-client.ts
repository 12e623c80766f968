import { HeldCalls } from '../call/held-calls.js';
import { OutgoingCall } from '../call/outgoing-call.js';
import { RemoteMethod } from '../call/remote-method.js';
import { debug, withoutNumbers } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import { asCallerKnowsIt } from './error-names.js';
import type { ResolvedClusterOptions } from './options.js';
import type { Role, RoleHandler } from './role/role.js';
import type { RoleSource, RoleSourceHandler } from './role/role-source.js';
import { MAX_KEYS, Subscriptions, type ValueListener } from './subscriptions.js';

/** Keys as cluster-client writes them. */
const KEY_PREFIX = '$$inner$$__';

/** Reasons why nobody leads that are told, each once. */
const MAX_TOLD = 8;

/** How a call of a shared client ends: the real client's own error, or all its results. */
export type SettleShared = (error: Error | undefined, results: readonly unknown[]) => void;

export interface SharedClientHandler {
  /** There is a role: the first, or another. */
  onReady(): void;
  onLost(): void;
  onFailed(error: Error): void;
  onError(error: Error): void;
  /** Nobody will ever be ready again. */
  onClosed(reason: RpcError): void;
}

/**
 *            a role                 close()
 *   electing ──────> serving  ─────────────────> closing ──> closed
 *    │  ^               │                          ^
 *    │  └───────────────┘ its Leader is gone       │
 *    └ failed ─────────────────────────────────────┘
 */
const TRANSITIONS = {
  /** No Leader is known. Calls wait for `maxWaitTime`. */
  electing: ['serving', 'failed', 'closing'],
  /** Calls and subscriptions reach the real client, in this process or through the Leader. */
  serving: ['electing', 'closing'],
  /** The real client cannot be made, or `isLeader: true` cannot lead. Calls are rejected with the reason. */
  failed: ['closing'],
  /** Answers calls in flight, for `responseTimeout` at most. */
  closing: ['closed'],
  /** Ended. Calls are rejected with `ERR_RPC_CLOSED`. */
  closed: [],
} as const satisfies Transitions<'electing' | 'serving' | 'failed' | 'closing' | 'closed'>;
type SharedClientState = keyof typeof TRANSITIONS;

/**
 * One process's end of a shared client, whoever leads at the moment: remembers what was subscribed to and published,
 * holds calls while there is nobody to send them to, and takes all of it to whoever leads next.
 */
export class SharedClient implements RoleHandler, RoleSourceHandler {
  readonly #options: ResolvedClusterOptions;
  readonly #handler: SharedClientHandler;
  readonly #lifecycle = new Lifecycle<SharedClientState>('electing', TRANSITIONS, (to, from) =>
    debug.leader('shared client %s: %s -> %s', this.#options.name, from, to),
  );
  readonly #subscriptions: Subscriptions;
  /** What was published, by key: the last one of each. */
  readonly #published = new Map<string, unknown>();
  readonly #methods = new Map<string, RemoteMethod>();
  readonly #held: HeldCalls;
  #source: RoleSource | undefined;
  #role: Role | undefined;
  #obstacle: RpcError | undefined;
  /** Since there was a role. */
  readonly #toldObstacles = new Set<string>();
  #failure: Error | undefined;
  #patience: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedClusterOptions, handler: SharedClientHandler) {
    this.#options = options;
    this.#handler = handler;
    const { isBroadcast, subscribeTimeout, pendingSize } = options;
    const onError = (error: Error): void => this.onError(error);
    this.#subscriptions = new Subscriptions({ isBroadcast, subscribeTimeout, onError });
    this.#held = new HeldCalls((call) => call.fail(this.#nobodyLeads(call)), pendingSize);
  }

  start(source: RoleSource): void {
    this.#source = source;
    this.#beginWaiting();
    source.start(this);
  }

  /** Undefined while it is not known. */
  get isLeader(): boolean | undefined {
    return this.#role?.isLeader;
  }

  subscribe(reg: unknown, listener: ValueListener): void {
    const key = this.#keyOf(reg);
    if (this.#subscriptions.add(key, reg, listener)) this.#role?.subscribe(key, reg);
  }

  unsubscribe(reg: unknown, listener?: ValueListener): void {
    const key = this.#keyOf(reg);
    if (this.#subscriptions.remove(key, listener)) this.#role?.unsubscribe(key, reg);
  }

  /** The last one of each key is published again to whoever leads next. */
  publish(reg: unknown): void {
    const key = this.#keyOf(reg);
    if (!this.#published.has(key) && this.#published.size >= MAX_KEYS)
      throw new RpcError(RpcCode.QueueFull, `${MAX_KEYS} keys are published already`);
    this.#published.set(key, reg);
    this.#role?.publish(reg);
  }

  /** Settles once: with its answer, or at the latest `responseTimeout` after somebody led, `maxWaitTime` after nobody did. */
  invoke(name: string, args: unknown[], oneway: boolean, settle: SettleShared): void {
    this.#send(name, args, oneway, settle, performance.now() + this.#options.maxWaitTime);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  onRole(role: Role): void {
    if (!this.#lifecycle.move('serving')) return;
    this.#role = role;
    this.#obstacle = undefined;
    this.#toldObstacles.clear();
    clearTimeout(this.#patience);
    for (const [key, reg] of this.#subscriptions.all()) role.subscribe(key, reg);
    for (const reg of this.#published.values()) role.publish(reg);
    this.#sendHeld();
    this.#handler.onReady();
  }

  onLost(reason: RpcError): void {
    if (!this.#lifecycle.move('electing')) return;
    this.#role = undefined;
    this.#beginWaiting();
    const next = this.#options.isLeader === false ? 'waits for the next' : 'competes for its place';
    this.#options.logger.warn(`mailstation: ${reason.message}; ${process.pid} ${next}`);
    this.#handler.onLost();
  }

  /** Told once for each reason: while it lasts, it is met again and again. */
  onObstacle(error: RpcError): void {
    this.#obstacle = error;
    const reason = withoutNumbers(error.message);
    const isNews = !this.#toldObstacles.has(reason) && this.#toldObstacles.size < MAX_TOLD;
    if (isNews) this.#toldObstacles.add(reason);
    if (isNews && this.#lifecycle.state === 'electing')
      this.#options.logger.warn(`mailstation: ${this.#options.name} waits, and goes on trying: ${error.message}`);
  }

  onPassingObstacle(error: RpcError): void {
    this.#obstacle = error;
  }

  onFailed(error: Error): void {
    if (!this.#lifecycle.move('failed')) return;
    this.#failure = error;
    clearTimeout(this.#patience);
    this.#handler.onFailed(error);
    for (const call of this.#held.takeAll()) call.fail(call.error(RpcCode.Connect, error.message, 'not-sent', error));
  }

  onValue(key: string, value: EncodedValue): void {
    this.#subscriptions.deliver(key, value);
  }

  onError(error: Error): void {
    if (this.#closed === undefined) this.#handler.onError(error);
  }

  onDrained(): void {
    this.#sendHeld();
  }

  #send(name: string, args: unknown[], oneway: boolean, settle: SettleShared, waitUntil: number): void {
    const { state } = this.#lifecycle;
    if (state === 'failed' && this.#failure !== undefined) return settle(this.#failure, []);
    if (state === 'closing' || state === 'closed') return settle(asCallerKnowsIt(closed(this.#options.name)), []);
    const role = this.#role;
    const settleCall = (error: RpcError | undefined, results: readonly unknown[]): void =>
      error === undefined ? settle(undefined, results) : settle(asCallerKnowsIt(error), results);
    if (role !== undefined && !role.isFull) {
      return role.invoke(this.#call(name, args, this.#options.responseTimeout, oneway, settleCall));
    }
    const left = Math.max(1, Math.ceil(waitUntil - performance.now()));
    // A stand-in, which is over when there is somebody to send the call to.
    const standIn = this.#call(name, args, left, oneway, (error) => {
      if (error !== undefined) settleCall(error, []);
      else this.#send(name, args, oneway, settle, waitUntil);
    });
    standIn.stage = 'waiting for a connection';
    this.#held.add(standIn);
  }

  #call(
    name: string,
    args: unknown[],
    timeout: number,
    oneway: boolean,
    settle: (error: RpcError | undefined, results: readonly unknown[]) => void,
  ): OutgoingCall {
    let method = this.#methods.get(name);
    if (method === undefined) {
      method = new RemoteMethod({ namespace: '', serverType: this.#options.name, service: '', method: name }, name);
      this.#methods.set(name, method);
    }
    const call = new OutgoingCall(method, args, timeout, oneway, {}, undefined, settle);
    call.serverId = this.#options.name;
    return call;
  }

  #sendHeld(): void {
    for (const standIn of this.#held.takeAll()) standIn.succeed([]);
  }

  #keyOf(reg: unknown): string {
    return KEY_PREFIX + this.#options.formatKey(reg);
  }

  #nobodyLeads(call: OutgoingCall): RpcError {
    const { port } = this.#options;
    const why = this.#obstacle === undefined ? '' : `; ${this.#obstacle.message}`;
    const about = { said: call.saidStage, cause: this.#obstacle };
    return call.lateError(
      RpcCode.Timeout,
      `nobody had led it on port ${port} after ${call.timeout} ms${why}`,
      'not-sent',
      about,
    );
  }

  #beginWaiting(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#onNobody(), this.#options.maxWaitTime);
  }

  /** `ready()` fails; but should somebody lead later, it is ready after all. */
  #onNobody(): void {
    if (this.#lifecycle.state !== 'electing') return;
    const { name, port, maxWaitTime } = this.#options;
    const why = this.#obstacle?.message ?? 'no reason is known yet';
    const message = `[ClusterClient] leader of "${name}" does not be active in ${maxWaitTime}ms on port:${port}: ${why}`;
    this.#handler.onFailed(new RpcError(RpcCode.Connect, message, { cause: this.#obstacle }));
  }

  async #close(): Promise<void> {
    const { name, responseTimeout } = this.#options;
    const reason = closed(name);
    this.#lifecycle.move('closing');
    clearTimeout(this.#patience);
    this.#subscriptions.clear();
    for (const call of this.#held.takeAll()) call.fail(call.error(RpcCode.Closed, reason.message, 'not-sent', reason));
    try {
      await this.#source?.close(reason, responseTimeout);
    } finally {
      this.#role = undefined;
      this.#lifecycle.move('closed');
      this.#handler.onClosed(reason);
    }
  }
}

function closed(name: string): RpcError {
  return new RpcError(RpcCode.Closed, `${name} was closed`);
}
