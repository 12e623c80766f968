import { TRANSPORT_NAMES } from '../endpoint.js';
import type { Delivery } from '../errors.js';
import type { TransportName } from '../server-info.js';
import type { WireError } from '../wire-errors.js';

/**
 * What processes that share their mailboxes say to each other, beside calls: on a line to a Leader that has announced
 * {@link RELAY}, and on no other. A Follower gives each server that it wants a number, and uses that from then on.
 * Nothing here is answered.
 */
export const RELAY = 'relay';

/** The request id of what is not answered; those of others count from 1. */
export const UNANSWERED_ID = 0;
/** Its packet's timeout: there is nothing to wait for, but 0 is none that a packet may have. ms */
export const UNANSWERED_TIMEOUT_MS = 1;

/** Connect to this server, and tell me how it goes from now on. Again: connect, where it is idle. */
export interface OpenMailBoxHead {
  readonly type: 'open_mailbox';
  readonly to: number;
  readonly server: RelayedServer;
}

/** I have no more use for it. */
export interface CloseMailBoxHead {
  readonly type: 'close_mailbox';
  readonly to: number;
}

/** How it is with a mailbox that you have opened. `full`: connected, and no more calls for now. */
export interface MailBoxStateHead {
  readonly type: 'mailbox_state';
  readonly to: number;
  readonly state: RelayedState;
  /** Why the last attempt to connect failed, where there was none since that did not. */
  readonly lastFailure: WireError | undefined;
  /** Why it has left its last state. */
  readonly reason: WireError | undefined;
}

/** An answer: the call has failed, here or on its way to the server, and so far had it got. */
export interface RelayFailureHead {
  readonly type: 'relay_failure';
  readonly code: string;
  readonly delivery: Delivery;
}

export interface RelayedServer {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly transport: TransportName;
}

const STATES = ['idle', 'connecting', 'ready', 'full', 'backoff'] as const;
export type RelayedState = (typeof STATES)[number];

export type RelayMessage = OpenMailBoxHead | CloseMailBoxHead | MailBoxStateHead | RelayFailureHead;

const DELIVERIES: readonly Delivery[] = ['not-sent', 'unknown', 'answered'];

/** The message as its packet's head; what is undefined is left out. */
export function relayMessage(head: RelayMessage): Buffer {
  return Buffer.from(JSON.stringify(head));
}

/** Undefined where it is none of these, or misses something. */
export function readRelayMessage(head: Record<string, unknown>): RelayMessage | undefined {
  const { type, to } = head;
  if (type === 'relay_failure') return readFailure(head);
  if (!isTarget(to)) return undefined;
  if (type === 'open_mailbox') {
    const server = readServer(head['server']);
    return server && { type, to, server };
  }
  if (type === 'close_mailbox') return { type, to };
  const state = STATES.find((known) => known === head['state']);
  if (type !== 'mailbox_state' || state === undefined) return undefined;
  return { type, to, state, lastFailure: told(head['lastFailure']), reason: told(head['reason']) };
}

export function isTarget(to: unknown): to is number {
  return Number.isInteger(to) && (to as number) >= 0 && (to as number) < 2 ** 31;
}

function readFailure({ type, code, delivery }: Record<string, unknown>): RelayFailureHead | undefined {
  const howFar = DELIVERIES.find((known) => known === delivery);
  if (type !== 'relay_failure' || typeof code !== 'string' || howFar === undefined) return undefined;
  return { type, code, delivery: howFar };
}

function readServer(server: unknown): RelayedServer | undefined {
  const { id, host, port, transport } = (server ?? {}) as Record<string, unknown>;
  const by = TRANSPORT_NAMES.find((known) => known === transport);
  const isPort = Number.isInteger(port) && (port as number) > 0 && (port as number) <= 65_535;
  if (typeof id !== 'string' || typeof host !== 'string' || !isPort || by === undefined) return undefined;
  return { id, host, port: port as number, transport: by };
}

/** Made an error of where it is used, which takes whatever it is. */
function told(error: unknown): WireError | undefined {
  return typeof error === 'object' && error !== null ? (error as WireError) : undefined;
}
