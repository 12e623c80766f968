import { type CallMessage, callChannel, type MailboxStateMessage, mailboxStateChannel } from '../lib/channels.js';
import type { RosterReport } from '../lib/registry/roster-report.js';
import { timeOfDay } from '../lib/timers.js';
import type { Client } from '../node-client.js';
import { type EmbeddedClient, OWN_PROCESS } from './state/callers.js';
import type { Calls } from './state/calls.js';

/** Mailboxes whose last failure is kept. */
const MAX_REASONS = 1_000;
const MAX_REASON = 300;

/** The clients of the program that embeds the dashboard: what they report of themselves, and their failed calls. */
export class Embedded {
  readonly #clients: readonly Client[];
  readonly #calls: Calls;
  readonly #reasons = new Map<string, string>();
  readonly #onError = (message: unknown): void => this.#failed(message as CallMessage);
  readonly #onMailbox = (message: unknown): void => this.#moved(message as MailboxStateMessage);

  constructor(clients: readonly Client[], calls: Calls) {
    this.#clients = clients;
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
      key: this.#keyOf(at),
      report: client.inspect(),
      reasons: this.#reasons,
    }));
  }

  get sources(): readonly RosterReport[] {
    return this.#clients.flatMap((client) => client.roster);
  }

  #keyOf(at: number): string {
    return this.#clients.length === 1 ? OWN_PROCESS : `${OWN_PROCESS} client ${at + 1}`;
  }

  /** The channel does not say which client has made the call: among several the caller is the process. */
  #failed(message: CallMessage): void {
    this.#calls.takeOwn(message, this.#clients.length === 1 ? this.#keyOf(0) : null, timeOfDay());
  }

  #moved({ serverId, reason }: MailboxStateMessage): void {
    if (reason === undefined) return void this.#reasons.delete(serverId);
    this.#reasons.set(serverId, reason.message.slice(0, MAX_REASON));
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size > MAX_REASONS && oldest !== undefined) this.#reasons.delete(oldest);
  }
}
