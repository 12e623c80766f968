import type { SecretOption } from '../../lib/auth/secret-option.js';
import type { Secrets } from '../../lib/auth/secrets.js';
import { portOfDigits } from '../../lib/compat/numbers.js';
import type { Logger } from '../../lib/diagnostics.js';
import type { Endpoint } from '../../lib/endpoint.js';
import { meetingPlace } from '../../lib/meeting-place.js';
import { boolean, integer, unfit } from '../../lib/options.js';
import type { TlsMaterial } from '../../lib/transport/tls-material.js';
import type { TlsOptions } from '../../lib/transport/tls-options.js';
import type { ResolvedMailBoxOptions } from '../index.js';

/** How the processes of one machine share their mailboxes. */
export interface ShareOptions {
  /**
   * Port on 127.0.0.1 that the processes compete for. The process that holds the port relays the calls of all. A string of
   * digits is taken for its number, and a path for {@link ShareOptions.path}. Required unless {@link ShareOptions.path} is given.
   * Range: 1 to 65535.
   */
  port?: number | string | undefined;
  /**
   * Path of a unix socket that the processes compete for, in place of a port: programs of other users cannot connect. A folder that
   * does not exist is made for the user of this process alone.
   * @default a port
   */
  path?: string | undefined;
  /**
   * TLS between the processes, at the port: certificate and authorities for both roles. With `ca`, programs without a certificate of
   * that authority can neither lead nor follow.
   * @default no TLS
   */
  tls?: TlsOptions | undefined;
  /** Whether this process may relay the calls of others. With `false`, its calls wait while no process relays. @default true */
  lead?: boolean | undefined;
  /**
   * Servers that the process that relays has mailboxes for, over all processes. One other process may use 70 % of those that are
   * free or its own, and 4,096 at most. Past that, its calls to further servers fail with `ERR_RPC_OVERLOADED` as the cause.
   * Unit: servers. Range: from 1.
   * @default 8_192
   */
  maxServers?: number | undefined;
  /**
   * Calls that are relayed at once, over all processes. One other process may have 70 % of those that are free or its own. Past
   * that, its calls fail with `ERR_RPC_PENDING_FULL`.
   * Unit: calls. Range: from 1.
   * @default 100_000
   */
  maxCalls?: number | undefined;
  /**
   * Secret that the processes must know to share their mailboxes, as the option `secret` of a client. Use the same in all processes.
   * @default the `secret` of the client
   */
  secret?: SecretOption | undefined;
}

export const SHARE_DEFAULTS = Object.freeze({
  lead: true,
  maxServers: 8_192,
  maxCalls: 100_000,
}) satisfies Partial<ShareOptions>;

export interface ResolvedShareOptions {
  /** The place that the processes compete for. */
  readonly endpoint: Endpoint;
  readonly tls?: TlsMaterial;
  readonly lead: boolean;
  readonly maxServers: number;
  readonly maxCalls: number;
  /** Undefined: every process of this machine may share. */
  readonly secrets?: Secrets | undefined;
}

/** Reads TLS options. `name`: the option in messages. */
export type ReadTls = (given: TlsOptions, name: string) => TlsMaterial;

/** Options of its client that the process which relays needs. */
export interface RelayOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailbox: ResolvedMailBoxOptions;
  readonly logger: Logger;
}

/**
 * `inherited`: secrets of the client, which hold here too, since the process that relays makes calls in the name of all. `readTls`:
 * reads TLS options, which a client of another platform has none of.
 */
export function resolveShareOptions(
  given: ShareOptions | undefined,
  inherited?: Secrets,
  readSecret: (name: string, given: unknown) => Secrets | undefined = () => undefined,
  readTls?: ReadTls,
): ResolvedShareOptions | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw unfit('share', 'an object { port, lead }', given);
  const lead = boolean('share.lead', given.lead, SHARE_DEFAULTS.lead);
  const tls = given.tls === undefined ? undefined : readTls?.(given.tls, 'share.tls');
  if (lead) tls?.requireOwn();
  return Object.freeze({
    endpoint: meetingPlace({ port: portOfDigits(given.port), path: given.path, hasTls: tls !== undefined }, 'share.'),
    ...(tls && { tls }),
    lead,
    maxServers: integer('share.maxServers', given.maxServers, SHARE_DEFAULTS.maxServers, 1),
    maxCalls: integer('share.maxCalls', given.maxCalls, SHARE_DEFAULTS.maxCalls, 1),
    secrets: given.secret === undefined ? inherited : readSecret('share.secret', given.secret),
  });
}
