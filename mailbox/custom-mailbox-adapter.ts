import { loadBluebird } from '../lib/bluebird.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { noteResults } from '../lib/called-back.js';
import { connectMailBox, sendByMailBox } from '../lib/compat/mailbox-forms.js';
import { debug } from '../lib/diagnostics.js';
import { messageOf, RpcCode, RpcError, toError } from '../lib/errors.js';
import { Latency } from '../lib/follower/latency.js';
import type { ServerInfo } from '../lib/server-info.js';
import { Backoff } from '../lib/transport/backoff.js';
import { PendingCalls } from '../lib/transport/pending-calls.js';
import { BaseMailBox } from './base-mailbox.js';
import type { AnyMailBox, CustomMailBoxFactory } from './custom-mailbox.js';
import type { ResolvedMailBoxOptions } from './options.js';
import type { MailBoxState } from './state.js';

/**
 * A custom mailbox with the behaviour of the built-in one: a lost mailbox is replaced by another one of the factory, and
 * each call has a deadline and settles once.
 */
export class CustomMailBoxAdapter extends BaseMailBox {
  readonly #make: () => AnyMailBox;
  readonly #options: ResolvedMailBoxOptions;
  readonly #backoff = new Backoff();
  readonly #pending = new PendingCalls({ holdsProcess: true });
  readonly #latency = new Latency();
  /** The mailbox that connects, or is connected. */
  #custom: AnyMailBox | undefined;

  /** The factory is given the client's options, `given`, together with the resolved options of mailboxes. */
  constructor(server: ServerInfo, factory: CustomMailBoxFactory, options: ResolvedMailBoxOptions, given: object = {}) {
    super(server, 'custom');
    this.#options = options;
    const opts = { ...given, ...options };
    this.#make = () => (typeof factory === 'function' ? factory(server, opts) : factory.create(server, opts));
  }

  override get inFlight(): number {
    return this.#pending.size;
  }

  /** Always false: a custom transport bounds its own queue. */
  override get isFull(): boolean {
    return false;
  }

  override get latency(): number | undefined {
    return this.#latency.ms;
  }

  override get generation(): string | undefined {
    const generation: unknown = this.state === 'ready' ? this.#custom?.generation : undefined;
    return typeof generation === 'string' ? generation : undefined;
  }

  override send(call: OutgoingCall): void {
    const custom = this.#custom;
    if (custom === undefined || this.state !== 'ready') return this.refuse(call);
    if (call.hasStreams)
      return void call.fail(call.error(RpcCode.NoStream, 'a custom mailbox has no streams', 'not-sent'));
    call.move('sent');
    const id = this.#pending.add(call);
    if (call.isCancellable) call.heldBy(() => this.#pending.take(id));
    const settle = (error: unknown, results: readonly unknown[]): void => {
      if (this.#pending.take(id) === undefined) return; // the deadline passed, or a first answer came before
      this.#latency.answered(call.sentAt);
      if (error instanceof Error) noteResults(error, results);
      if (error) call.fail(call.error(RpcCode.Remote, messageOf(error), 'answered', error));
      else call.succeed(results);
    };
    try {
      sendByMailBox(custom, call.msg, call.options, settle);
    } catch (error) {
      if (this.#pending.take(id) !== undefined)
        call.fail(call.error(RpcCode.Encode, messageOf(error), 'unknown', error));
    }
    if (call.oneway && this.#pending.take(id) !== undefined) call.succeed([]);
  }

  protected override get hasToDrain(): boolean {
    return this.inFlight > 0;
  }

  protected override onEnter(to: MailBoxState, reason: RpcError | undefined): void {
    if (to === 'connecting') void this.#connect();
    if (to !== 'backoff') return;
    this.#drop(reason ?? this.#lost());
    this.setStateTimer(() => this.move('connecting'), this.#backoff.next());
  }

  protected override onDrain(reason: RpcError): void {
    this.#pending.whenIdle(() => this.move('closed', reason));
  }

  protected override onDestroy(reason: RpcError): void {
    this.#drop(reason);
  }

  async #connect(): Promise<void> {
    let custom: AnyMailBox | undefined;
    this.dialAttempts.begin();
    try {
      custom = this.#make();
      this.#custom = custom;
      await this.#connected(custom);
    } catch (error) {
      if (custom !== this.#custom) return; // dropped meanwhile
      const failure = new RpcError(RpcCode.Connect, messageOf(error), { cause: toError(error) });
      this.dialAttempts.failed(failure);
      this.move('backoff', failure);
      return;
    }
    if (custom !== this.#custom) return;
    this.dialAttempts.succeeded();
    this.#backoff.reset();
    this.move('ready');
  }

  #connected(custom: AnyMailBox): Promise<void> {
    custom.on('close', () => {
      if (this.#custom === custom) this.move(this.state === 'draining' ? 'closed' : 'backoff', this.#lost());
    });
    return new Promise((resolve, reject) => {
      const { connectTimeout } = this.#options;
      const late = (): void => reject(new Error(`the custom mailbox did not connect in ${connectTimeout} ms`));
      this.setStateTimer(late, connectTimeout);
      loadBluebird()
        .then((Bluebird) =>
          Bluebird.fromCallback<void>((callback) => {
            if (this.#custom === custom) connectMailBox(custom, callback); // else it was dropped, and has been closed
          }),
        )
        .then(resolve, reject);
    });
  }

  #lost(): RpcError {
    return new RpcError(RpcCode.ConnectionLost, `the custom mailbox of ${this.server.id} closed`);
  }

  #drop(reason: RpcError): void {
    const custom = this.#custom;
    this.#custom = undefined;
    this.#pending.loseAll(reason, 0);
    try {
      custom?.close();
    } catch (error) {
      debug.mailbox('%s (custom): close() threw: %s', this.server.id, messageOf(error));
    }
  }
}
