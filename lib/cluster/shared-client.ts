import { inThisContext } from '../async-context.js';
import { HeldCalls } from '../call/held-calls.js';
import type { OutgoingCall } from '../call/outgoing-call.js';
import { debug } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { LeaderNews } from '../leader-news.js';
import { Lifecycle } from '../lifecycle.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { performance } from '../timers.js';
import { callerError } from './error-names.js';
import { type InnerClient, innerClient } from './inner-client.js';
import { wireKey } from './keys.js';
import { type LateLeader, lastErrorOf, lateLeaderError, whyNotLed } from './late-leader.js';
import { LeaderWait } from './leader-wait.js';
import type { MachineElectionHandler } from './machine/machine-election.js';
import type { ResolvedClusterOptions } from './options.js';
import { ReturnedCalls } from './returned-calls.js';
import type { Role } from './role/role.js';
import type { RoleSource } from './role/role-source.js';
import { SHARED_CLIENT_TRANSITIONS, type SharedClientState } from './shared-client-state.js';
import { SharedMethods } from './shared-methods.js';
import { type SettleShared, settleUnsent } from './stream-argument.js';
import { StreamCalls } from './stream-calls.js';
import { MAX_KEYS, Subscriptions, type ValueListener } from './subscriptions.js';

export interface SharedClientHandler {
  /** Called with each role: the first, and each one after a Leader's death. */
  onReady(): void;
  onLost(): void;
  /** Called with each failure of the real client. `isFirst`: the client was not failed before. */
  onFailed(error: Error, isFirst: boolean): void;
  /** Called when `ready()` waits again: a failure is over, and a Leader is looked for. */
  onSearching(): void;
  onError(error: Error): void;
  /** Called once, when the client is closed for good. */
  onClosed(reason: RpcError): void;
}

/**
 * State of a shared client that outlives its roles. Subscriptions, published values and waiting calls are kept here, so that
 * the death of a Leader does not lose them, and are handed to the next role.
 */
export class SharedClient implements MachineElectionHandler {
  readonly #options: ResolvedClusterOptions;
  readonly #log: RateLimitedLog;
  readonly #handler: SharedClientHandler;
  readonly #lifecycle = new Lifecycle<SharedClientState>('electing', SHARED_CLIENT_TRANSITIONS, (to, from) =>
    debug.leader('shared client %s: %s -> %s', this.#options.name, from, to),
  );
  readonly #subscriptions: Subscriptions;
  /** The last published value of each key. */
  readonly #published = new Map<string, unknown>();
  readonly #methods: SharedMethods;
  /** Calls of methods that answer with a stream. */
  readonly streams: StreamCalls;
  readonly #held: HeldCalls;
  readonly #news: LeaderNews;
  readonly #returned: ReturnedCalls;
  #source: RoleSource | undefined;
  #role: Role | undefined;
  #inner: InnerClient | undefined;
  /** Belongs to `electing`. */
  #wait: LeaderWait | undefined;
  /** Belongs to `failed`. */
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedClusterOptions, handler: SharedClientHandler) {
    this.#options = options;
    this.#log = new RateLimitedLog(options.logger);
    this.#handler = handler;
    const { isBroadcast, subscribeTimeout, pendingSize } = options;
    const onError = (error: Error): void => this.onError(error);
    this.#subscriptions = new Subscriptions({ isBroadcast, subscribeTimeout, onError });
    this.#held = new HeldCalls((call) => call.fail(this.#notSentInTime(call)), pendingSize);
    this.#methods = new SharedMethods(options.name);
    this.#news = new LeaderNews('shared-client', options.name);
    const owner = { role: () => this.#role, refusal: () => this.#refusal() };
    this.#returned = new ReturnedCalls(this.#methods, this.#held, owner);
    this.streams = new StreamCalls(options, this.#methods, this.#held, owner);
  }

  start(source: RoleSource): void {
    this.#source = source;
    this.#beginWaiting();
    source.start();
  }

  /** The latest role. */
  get inner(): InnerClient | undefined {
    return this.#inner;
  }

  /** Undefined while there is no role. */
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

  /** Publishes, and publishes the last value of each key again at the next Leader. */
  publish(reg: unknown): void {
    const key = this.#keyOf(reg);
    if (!this.#published.has(key) && this.#published.size >= MAX_KEYS)
      throw new RpcError(
        RpcCode.QueueFull,
        `cannot publish another key: the limit of ${MAX_KEYS} keys is reached, and each is published again at the next Leader`,
      );
    this.#published.set(key, reg);
    this.#role?.publish(key, reg);
  }

  /** Settles once: with the answer, within `responseTimeout` of a role, or `maxWaitTime` after the call without a role. */
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
    this.#inner = innerClient(role);
    this.#failure = undefined;
    this.#endWaiting();
    for (const [key, reg] of this.#subscriptions.all()) role.subscribe(key, reg);
    for (const [key, reg] of this.#published) role.publish(key, reg);
    this.#sendHeld();
    this.#news.leads(role.isLeader ? 'this' : 'another', role.term);
    this.#handler.onReady();
  }

  onLost(reason: RpcError): void {
    if (!this.#lifecycle.move('electing')) return;
    this.#role = undefined;
    this.#news.none();
    this.#beginWaiting();
    const next = this.#options.isLeader === false ? 'waits for the next Leader' : 'competes to be the next Leader';
    this.#log.warn(`mailstation: ${reason.message}; process ${process.pid} ${next}`);
    this.#handler.onLost();
  }

  onObstacle(error: RpcError): void {
    if (this.#wait?.isNew(error))
      this.#options.logger.warn(
        `mailstation: ${this.#options.name} has no Leader yet, and goes on trying: ${error.message}`,
      );
  }

  onPassingObstacle(error: RpcError): void {
    this.#wait?.note(error);
  }

  onFailed(error: Error): void {
    const isFirst = this.#lifecycle.move('failed');
    if (this.#lifecycle.state !== 'failed') return;
    this.#failure = error;
    this.#endWaiting();
    this.#handler.onFailed(error, isFirst);
    for (const call of this.#held.takeAll()) call.fail(call.error(RpcCode.Remote, error.message, 'not-sent', error));
  }

  onSearching(): void {
    if (this.#lifecycle.state !== 'failed' || !this.#lifecycle.move('electing')) return;
    this.#failure = undefined;
    this.#beginWaiting();
    this.#handler.onSearching();
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

  onReturned = (call: OutgoingCall): void => this.#returned.add(call);

  #send(name: string, args: unknown[], oneway: boolean, settle: SettleShared, waitUntil: number): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) return settleUnsent(args, settle, refusal);
    const role = this.#role;
    const settleCall = (error: RpcError | undefined, results: readonly unknown[]): void =>
      error === undefined ? settle(undefined, results) : settle(callerError(error), results);
    if (role !== undefined && !role.isFull) {
      const { localDeadline, responseTimeout } = this.#options;
      const timeout = role.isLeader && !localDeadline ? Number.POSITIVE_INFINITY : responseTimeout;
      const call = this.#methods.sent(role.sharesArguments === true, name, args, timeout, oneway, settleCall);
      return call.isSettled ? undefined : role.invoke(call);
    }
    const left = Math.max(1, Math.ceil(waitUntil - performance.now()));
    // Holds the place of the call until a role takes the call.
    const send = inThisContext(() => this.#send(name, args, oneway, settle, waitUntil));
    const placeholder = this.#methods.call(name, [], left, oneway, (error) => {
      if (error !== undefined) settleUnsent(args, settle, callerError(error));
      else send();
    });
    placeholder.move('queued', 'connection');
    this.#held.add(placeholder);
  }

  /** Why no call is taken: the failure of the real client, or the close. */
  #refusal(): Error | undefined {
    const { state } = this.#lifecycle;
    if (state === 'failed') return this.#failure;
    return state === 'closing' || state === 'closed' ? callerError(closed(this.#options.name)) : undefined;
  }

  #sendHeld(): void {
    for (const placeholder of this.#held.takeAll()) placeholder.succeed([]);
  }

  #keyOf(reg: unknown): string {
    return wireKey(this.#options.formatKey(reg));
  }

  #notSentInTime(call: OutgoingCall): RpcError {
    const late = this.#late();
    const own = lastErrorOf(late);
    if (this.#role === undefined && own !== undefined) return call.error(RpcCode.Remote, own.message, 'not-sent', own);
    const why =
      this.#role === undefined
        ? whyNotLed(late, call.timeout)
        : `the Leader of ${this.#options.name} took no more calls for ${call.timeout} ms`;
    return call.lateError(RpcCode.Timeout, why, 'not-sent', { said: call.saidStage, cause: late.obstacle });
  }

  #late(): LateLeader {
    return { options: this.#options, starting: this.#source?.starting, obstacle: this.#wait?.obstacle };
  }

  #beginWaiting(): void {
    this.#wait = new LeaderWait(this.#options.maxWaitTime, () => this.#onLateLeader());
  }

  #endWaiting(): void {
    this.#wait?.stop();
    this.#wait = undefined;
  }

  /** Fails `ready()`. A role that comes later makes the client ready after all. */
  #onLateLeader(): void {
    this.#handler.onFailed(lateLeaderError(this.#late()), true);
  }

  async #close(): Promise<void> {
    const { name, responseTimeout } = this.#options;
    const reason = closed(name);
    this.#lifecycle.move('closing');
    this.#endWaiting();
    this.#subscriptions.clear();
    for (const call of this.#held.takeAll()) call.fail(call.error(RpcCode.Closed, reason.message, 'not-sent', reason));
    try {
      await this.#source?.drain(reason, responseTimeout);
    } finally {
      this.#role = undefined;
      this.#lifecycle.move('closed');
      this.#news.ended();
      this.#log.close();
      this.#handler.onClosed(reason);
    }
  }
}

function closed(name: string): RpcError {
  return new RpcError(RpcCode.Closed, `${name} was closed`);
}
