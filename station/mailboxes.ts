import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { MailBox } from '../mailbox/mailbox.js';
import type { MailBoxState } from '../mailbox/state.js';
import { type MakeMailBox, type MakeMailBoxParts, mailboxMaker } from './mailbox-maker.js';
import type { ResolvedMailStationOptions } from './options.js';

export interface MailBoxesHandler {
  onState(mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void;
  /** After it was full: it takes calls again. */
  onDrained(mailbox: MailBox): void;
  /** A call is not settled, and waits again. */
  onReturned(mailbox: MailBox, call: OutgoingCall): void;
}

/** The mailbox of each server, made when first needed, and the mailboxes that are being drained. */
export class MailBoxes {
  readonly #options: ResolvedMailStationOptions;
  readonly #handler: MailBoxesHandler;
  readonly #make: MakeMailBox;
  readonly #byServer = new Map<string, MailBox>();
  /** Mailboxes of servers that were removed or moved, until their last answers are in. */
  readonly #leaving = new Set<MailBox>();

  constructor(options: ResolvedMailStationOptions, handler: MailBoxesHandler, parts: MakeMailBoxParts = {}) {
    this.#options = options;
    this.#handler = handler;
    this.#make = mailboxMaker(options, parts);
  }

  get(serverId: string): MailBox | undefined {
    return this.#byServer.get(serverId);
  }

  /** True unless the mailbox is being drained. */
  isCurrent(mailbox: MailBox): boolean {
    return this.#byServer.get(mailbox.server.id) === mailbox;
  }

  open(server: ServerInfo): MailBox {
    const mailbox = this.#make(server);
    this.#byServer.set(server.id, mailbox);
    mailbox.on('drained', () => this.#handler.onDrained(mailbox));
    mailbox.on('returned', (call) => this.#handler.onReturned(mailbox, call));
    mailbox.on('state', (to, from, reason) => this.#handler.onState(mailbox, to, from, reason));
    return mailbox;
  }

  /** Takes no more calls; closes when what it has was answered, and at the latest after `drainTimeout`. */
  drain(mailbox: MailBox, reason: RpcError): void {
    this.#byServer.delete(mailbox.server.id);
    this.#leaving.add(mailbox);
    void mailbox.close(reason, this.#options.drainTimeout).finally(() => this.#leaving.delete(mailbox));
  }

  async closeAll(reason: RpcError, timeoutMs: number): Promise<void> {
    const all = [...this.#byServer.values(), ...this.#leaving];
    await Promise.all(all.map((mailbox) => mailbox.close(reason, timeoutMs)));
  }
}
