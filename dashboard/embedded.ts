import { type CallMessage, callChannel, type MailboxStateMessage, mailboxStateChannel } from '../lib/channels.js';
import type { RosterReport } from '../lib/registry/roster-report.js';
import { timeOfDay } from '../lib/timers.js';
import type { Client } from '../node-client.js';
import { type EmbeddedClient, embeddedKeys } from './state/callers.js';
import type { Calls } from './state/calls.js';

/** Mailboxes whose last failure is kept. */
const MAX_REASONS = 1_000;
const MAX_REASON = 300;

/** The clients of the program that embeds the dashboard: what they report of themselves, and their failed calls. */
export class Embedded {
  readonly #clients: readonly Client[];
  /** Keys of the entries, in the order of the clients. */
  readonly #keys: readonly string[];
  readonly #calls: Calls;
  readonly #reasons = new Map<string, string>();
  readonly #onFault: (error: unknown) => void;
  readonly #onError = (message: unknown): void => this.#guard(() => this.#failed(message as CallMessage));
  readonly #onMailbox = (message: unknown): void => this.#guard(() => this.#moved(message as MailboxStateMessage));

  /** `onFault`: called with an error of the dashboard. Thrown to a channel, such an error would end the program. */
  constructor(clients: readonly Client[], calls: Calls, onFault: (error: unknown) => void) {
    this.#clients = clients;
    this.#onFault = onFault;
    this.#keys = embeddedKeys(clients.map((client) => client.inspect().clientId));
    this.#calls = calls;
  }

  /** Listens to the calls of the process. Without a client of the program nothing is listened to, and calls cost what they cost before. */
  start(): void {
    if (this.#clients.length === 0) return;
    callChannel.error.subscribe(this.#onError);
    mailboxStateChannel.subscribe(this.#onMailbox);
  }

  stop(): void {
    if (this.#clients.length === 0) return;
    callChannel.error.unsubscribe(this.#onError);
    mailboxStateChannel.unsubscribe(this.#onMailbox);
  }

  get reports(): readonly EmbeddedClient[] {
    return this.#clients.map((client, at) => ({
      key: this.#keys[at] as string,
      report: client.inspect(),
      reasons: this.#reasons,
    }));
  }

  get sources(): readonly RosterReport[] {
    return this.#clients.flatMap((client) => client.roster);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** The channel does not say which client has made the call: among several the caller is the process. */
  #failed(message: CallMessage): void {
    const [only = null, ...others] = this.#keys;
    this.#calls.takeOwn(message, others.length === 0 ? only : null, timeOfDay());
  }

  #moved({ serverId, reason }: MailboxStateMessage): void {
    if (reason === undefined) return void this.#reasons.delete(serverId);
    this.#reasons.set(serverId, reason.message.slice(0, MAX_REASON));
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size > MAX_REASONS && oldest !== undefined) this.#reasons.delete(oldest);
  }
}
