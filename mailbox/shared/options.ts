import type { Logger } from '../../lib/diagnostics.js';
import { boolean, integer, invalid } from '../../lib/options.js';
import type { ResolvedMailBoxOptions } from '../index.js';

/** Mailboxes that the processes of one machine have in common. */
export interface ShareOptions {
  /** What they compete for, on 127.0.0.1. Whoever has it carries the calls of all. Range: 1 to 65535 */
  port: number;
  /** False: never carries the calls of others; its own wait while nobody does. @default true */
  lead?: boolean;
}

export interface ResolvedShareOptions {
  readonly port: number;
  readonly lead: boolean;
}

/** What the process that leads needs of its client's options. */
export interface RelayOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailbox: ResolvedMailBoxOptions;
  readonly logger: Logger;
}

export function resolveShareOptions(given: ShareOptions | undefined): ResolvedShareOptions | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw invalid('share must be an object { port, lead }');
  return Object.freeze({
    port: integer('share.port', given.port ?? Number.NaN, 0, 1, 65_535),
    lead: boolean('share.lead', given.lead, true),
  });
}
