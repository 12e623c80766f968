import { endpointOf, HOST_TRANSPORTS, hostOf, portOf } from '../endpoint.js';
import { isReadableUrl } from '../endpoint-url.js';
import type { Delivery } from '../errors.js';
import { jsonText } from '../json-text.js';
import { bytesOfText, type RawBytes } from '../raw-bytes.js';
import type { TransportName } from '../server-info.js';
import type { WireError } from '../wire-errors.js';
import { isGeneration } from './generation.js';

/**
 * Feature of a Leader that relays calls for processes that share mailboxes. The messages below travel beside calls, only on a
 * line to such a Leader. A Follower gives each server a number, and uses the number from then on. None of these messages has
 * an answer.
 */
export const RELAY = 'relay';
/** Feature of such a Leader that reads the `url` of a server. */
export const RELAY_URL = 'relay-url';

/** Request id of a message without an answer; other ids count from 1. */
export const UNANSWERED_ID = 0;
/** Timeout field of a message without an answer. A packet's timeout must not be 0. Unit: ms */
export const UNANSWERED_TIMEOUT_MS = 1;

/** Asks the Leader to connect to a server and to report the state of the connection from then on. Sent again, connects a server that is idle. */
export interface OpenMailBoxHead {
  readonly type: 'open_mailbox';
  readonly to: number;
  readonly server: RelayedServer;
}

/** Tells the Leader that the Follower does not use the server any more. */
export interface CloseMailBoxHead {
  readonly type: 'close_mailbox';
  readonly to: number;
}

/** Reports the state of a mailbox that the Follower has opened. `full`: connected, but no more calls are accepted for now. */
export interface MailBoxStateHead {
  readonly type: 'mailbox_state';
  readonly to: number;
  readonly state: RelayedState;
  /** Failure of the last attempt to connect, while no attempt has succeeded since. */
  readonly lastFailure: WireError | undefined;
  /** Reason for which the mailbox left its last state. */
  readonly reason: WireError | undefined;
  /** Generation of the server, while the mailbox is connected. An older Leader sends none. */
  readonly generation?: string | undefined;
}

/** Answer to a relayed call that failed, in the Leader or on the way to the server, with how far the call got. */
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
  /** Place of a server for which host, port and transport do not suffice. */
  readonly url?: string;
}

const STATES = ['idle', 'connecting', 'ready', 'full', 'backoff'] as const;
export type RelayedState = (typeof STATES)[number];

export type RelayMessage = OpenMailBoxHead | CloseMailBoxHead | MailBoxStateHead | RelayFailureHead;

const DELIVERIES: readonly Delivery[] = ['not-sent', 'unknown', 'answered'];

/** Encodes a message as the head of a packet. Undefined fields are left out. */
export function relayMessage(head: RelayMessage): RawBytes {
  return bytesOfText(jsonText(head));
}

/** Reads a message; undefined for another head, and for a message that lacks a field. */
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
  const { lastFailure, reason, generation } = head;
  const failures = { lastFailure: told(lastFailure), reason: told(reason) };
  return { type, to, state, ...failures, ...(isGeneration(generation) && { generation }) };
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
  const { id, host, port, transport, url } = (server ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string') return undefined;
  if (isReadableUrl(url)) {
    const endpoint = endpointOf({ port: 0, url });
    return { id, host: hostOf(endpoint), port: portOf(endpoint), transport: endpoint.transport, url };
  }
  const by = HOST_TRANSPORTS.find((known) => known === transport);
  const isPort = Number.isInteger(port) && (port as number) > 0 && (port as number) <= 65_535;
  if (typeof host !== 'string' || !isPort || by === undefined) return undefined;
  return { id, host, port: port as number, transport: by };
}

/** An error as an object. The reader of the message makes an error of any object. */
function told(error: unknown): WireError | undefined {
  return typeof error === 'object' && error !== null ? (error as WireError) : undefined;
}
