import type { Logger } from '../../lib/diagnostics.js';
import { boolean, requiredInteger, unfit } from '../../lib/options.js';
import type { ResolvedMailBoxOptions } from '../index.js';

/** How the processes of one machine share their mailboxes. */
export interface ShareOptions {
  /** Port on 127.0.0.1 that the processes compete for. The process that holds the port relays the calls of all. Range: 1 to 65535. */
  port: number;
  /** Whether this process may relay the calls of others. With `false`, its calls wait while no process relays. @default true */
  lead?: boolean;
}

export const SHARE_DEFAULTS = Object.freeze({ lead: true }) satisfies Partial<ShareOptions>;

export interface ResolvedShareOptions {
  readonly port: number;
  readonly lead: boolean;
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
    port: requiredInteger('share.port', given.port, 1, 65_535),
    lead: boolean('share.lead', given.lead, SHARE_DEFAULTS.lead),
  });
}
