import { portOfDigits } from '../../lib/compat/numbers.js';
import type { Logger } from '../../lib/diagnostics.js';
import { boolean, integer, requiredInteger, unfit } from '../../lib/options.js';
import type { ResolvedMailBoxOptions } from '../index.js';

/** How the processes of one machine share their mailboxes. */
export interface ShareOptions {
  /**
   * Port on 127.0.0.1 that the processes compete for. The process that holds the port relays the calls of all. A string of
   * digits is taken for its number. Range: 1 to 65535.
   */
  port: number | string;
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
}

export const SHARE_DEFAULTS = Object.freeze({
  lead: true,
  maxServers: 8_192,
  maxCalls: 100_000,
}) satisfies Partial<ShareOptions>;

export interface ResolvedShareOptions {
  readonly port: number;
  readonly lead: boolean;
  readonly maxServers: number;
  readonly maxCalls: number;
}

/** Options of its client that the process which relays needs. */
export interface RelayOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailbox: ResolvedMailBoxOptions;
  readonly logger: Logger;
}

export function resolveShareOptions(given: ShareOptions | undefined): ResolvedShareOptions | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw unfit('share', 'an object { port, lead }', given);
  return Object.freeze({
    port: requiredInteger('share.port', portOfDigits(given.port), 1, 65_535),
    lead: boolean('share.lead', given.lead, SHARE_DEFAULTS.lead),
    maxServers: integer('share.maxServers', given.maxServers, SHARE_DEFAULTS.maxServers, 1),
    maxCalls: integer('share.maxCalls', given.maxCalls, SHARE_DEFAULTS.maxCalls, 1),
  });
}
