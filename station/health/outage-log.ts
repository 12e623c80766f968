import type { Logger } from '../../lib/diagnostics.js';
import { describeEndpoint, endpointOf } from '../../lib/endpoint.js';
import { hasCode, RpcCode, type RpcError } from '../../lib/errors.js';
import { printable } from '../../lib/quoted.js';
import { performance } from '../../lib/timers.js';
import { connectAdvice, type MailBox, type MailBoxState } from '../../mailbox/index.js';

/** Outages that are over sooner are not logged: a server that restarts is back within tens of milliseconds. */
const MIN_OUTAGE_MS = 1_000;

/** The mailbox of one server; a server that moves to another address gets another mailbox. */
type Reached = Pick<MailBox, 'server'>;

interface Outage {
  /** Time of `performance.now()`. Unit: ms. */
  readonly since: number;
  isLogged: boolean;
  /** A process that has not proven the secret was in the server's place, and the log has a line about that. */
  isImpostorLogged: boolean;
}

/**
 * Logs one line when a server has been out of reach for a second, with the reason, and one when the server is back. A process that
 * answers in the server's place without the secret is a further line: such a process may have come while the server was down. The clock
 * is read when the mailbox moves, which a mailbox that redials does every half second or so: no timer is needed.
 */
export class OutageLog {
  readonly #logger: Logger;
  readonly #outages = new Map<Reached, Outage>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onMove(mailbox: Reached, to: MailBoxState, reason: RpcError | undefined): void {
    if (to === 'connecting' || to === 'backoff') {
      const outage = this.#outages.get(mailbox) ?? {
        since: performance.now(),
        isLogged: false,
        isImpostorLogged: false,
      };
      this.#outages.set(mailbox, outage);
      if (reason !== undefined) this.#report(mailbox, outage, reason);
      return;
    }
    if (to === 'preparing') return; // calls still wait
    const outage = this.#outages.get(mailbox);
    this.#outages.delete(mailbox);
    if (to === 'ready' && outage?.isLogged === true) {
      this.#logger.warn(`mailstation: ${nameOf(mailbox)} is connected again, after ${secondsSince(outage)}`);
    }
  }

  #report(mailbox: Reached, outage: Outage, reason: RpcError): void {
    const isImpostor = hasCode(reason, [RpcCode.Unauthenticated]);
    const isKnown = isImpostor ? outage.isImpostorLogged : outage.isLogged;
    if (isKnown || performance.now() - outage.since < MIN_OUTAGE_MS) return;
    outage.isLogged = true;
    outage.isImpostorLogged ||= isImpostor;
    this.#logger.warn(
      `mailstation: ${nameOf(mailbox)} has been out of reach for ${secondsSince(outage)}; calls to the server wait until their deadlines: ${printable(reason.message)}${connectAdvice(reason)}`,
    );
  }
}

function nameOf({ server }: Reached): string {
  return `server ${server.id} at ${describeEndpoint(endpointOf(server))}`;
}

function secondsSince({ since }: Outage): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
