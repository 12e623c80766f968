import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';
import { Latency } from '../../lib/follower/latency.js';
import { cannotGoOn } from '../../lib/relay/relayed-answer.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { nextTick } from '../../lib/timers.js';
import { BaseMailBox, type MailBoxState } from '../index.js';
import { SentCalls } from './sent-calls.js';
import type { Upstream, UpstreamStatus, UpstreamUser } from './upstream.js';

/** The share that a shared mailbox belongs to. */
export interface UpstreamSource {
  /** Way to a server as things stand; undefined while no process leads. */
  upstream(server: ServerInfo, user: UpstreamUser): Upstream | undefined;
  /** Failure of the last attempt to find a Leader, while there is none. */
  readonly obstacle: RpcError | undefined;
  onClosed(mailbox: SharedMailBox): void;
}

/**
 * A server's mailbox in one of several processes that share the connection to that server. Its state mirrors the state
 * of the real mailbox. A call that has to wait waits in the process that made the call, and goes on when another process
 * leads.
 */
export class SharedMailBox extends BaseMailBox implements UpstreamUser {
  readonly #source: UpstreamSource;
  readonly #latency = new Latency();
  /** Calls of this process, sent and not settled. */
  readonly #sent = new SentCalls((call, isAnswered) => this.#onEnded(call, isAnswered));
  #upstream: Upstream | undefined;
  #lastFailure: RpcError | undefined;
  #generation: string | undefined;
  /** The process that leads was told in this state that a call waits. */
  #isWoken = false;

  constructor(server: ServerInfo, source: UpstreamSource) {
    super(server, 'shared');
    this.#source = source;
  }

  override get inFlight(): number {
    return this.#sent.size;
  }

  override get isFull(): boolean {
    return this.#upstream?.isFull === true;
  }

  override get latency(): number | undefined {
    return this.#latency.ms;
  }

  override get lastFailure(): RpcError | undefined {
    return this.#upstream === undefined ? this.#source.obstacle : this.#lastFailure;
  }

  override get generation(): string | undefined {
    return this.#generation;
  }

  override connect(): void {
    // Never `ready` before this method has returned: its caller is about to wait for that state.
    if (this.state === 'idle' && this.move('connecting')) nextTick(() => this.onUpstream());
    // The process that leads redials rarely while it knows of no call. It is told once for each wait of the real mailbox.
    if (this.state !== 'backoff' || this.#upstream === undefined || this.#isWoken) return;
    this.#isWoken = true;
    nextTick(() => {
      if (this.state === 'backoff') this.#upstream?.connect();
    });
  }

  override send(call: OutgoingCall): void {
    const upstream = this.#upstream;
    if (upstream === undefined || this.state !== 'ready') return this.refuse(call);
    this.#sent.add(call);
    upstream.send(call);
  }

  /** A process leads now, or may lead. */
  onUpstream(): void {
    if (this.state === 'backoff' && this.#upstream === undefined) this.move('connecting');
    if (this.state !== 'connecting') return;
    this.#upstream ??= this.#source.upstream(this.server, this);
    this.#upstream?.connect();
  }

  /** The Leader is gone. Calls that were sent are settled by the line to that Leader. */
  onUpstreamLost(reason: RpcError): void {
    this.#upstream = undefined;
    this.#lastFailure = undefined;
    this.#generation = undefined;
    if (this.state === 'ready' || this.state === 'connecting') this.move('backoff', reason);
  }

  onStatus({ state, reason, lastFailure, generation }: UpstreamStatus): void {
    this.#lastFailure = lastFailure;
    this.#generation = generation;
    if (this.state === state) return;
    // Other users move the real mailbox too, through states that were not reported here.
    if (state === 'connecting' && this.state === 'ready') this.move('backoff', reason);
    if (state === 'ready' || state === 'backoff') this.move('connecting');
    this.move(state, reason);
  }

  onDrained(): void {
    this.emit('drained');
  }

  onReturned(call: OutgoingCall): void {
    this.#sent.returned(call);
    call.requestCodec = undefined;
    call.move('queued', 'connection'); // from now on the call is sent with the time that is left
    if (call.upload?.hasBegun === true) cannotGoOn(call);
    else if (this.state === 'closed' || this.state === 'draining') this.refuse(call);
    else this.emit('returned', call);
    this.#closeIfDrained();
  }

  protected override get hasToDrain(): boolean {
    return this.#sent.size > 0;
  }

  protected override onEnter(to: MailBoxState): void {
    this.#isWoken = false;
    if (to === 'connecting') this.dialAttempts.begin();
    if (to === 'ready') this.dialAttempts.succeeded();
  }

  protected override onDrain(): void {}

  protected override onDestroy(reason: RpcError): void {
    this.#sent.loseAll(reason);
    this.#upstream?.release();
    this.#upstream = undefined;
    this.#source.onClosed(this);
  }

  #onEnded(call: OutgoingCall, isAnswered: boolean): void {
    if (isAnswered) this.#latency.answered(call.sentAt);
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.state === 'draining' && this.#sent.size === 0) nextTick(() => this.move('closed'));
  }
}
