import { integer, invalid } from '../lib/options.js';
import {
  type CustomMailBoxFactory,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../mailbox/index.js';

export interface MailStationOptions extends MailBoxOptions {
  /**
   * Calls that may wait for one server's connection; also the calls, over all servers, that may wait for a router or
   * a filter. Past it a call fails at once with `ERR_RPC_PENDING_FULL`.
   * Unit: calls. 0: fail unless connected. @default 10_000 — pomelo-rpc
   */
  pendingSize?: number;
  /** Makes mailboxes over a transport of your own, in place of the built-in ones. Alias: `mailBoxFactory`. Source: pomelo-rpc */
  mailboxFactory?: CustomMailBoxFactory;
  /** pomelo-rpc's README has it so. */
  mailBoxFactory?: CustomMailBoxFactory;
}

export interface ResolvedMailStationOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailboxFactory: CustomMailBoxFactory | undefined;
  readonly mailbox: ResolvedMailBoxOptions;
}

export function resolveMailStationOptions(given: MailStationOptions): ResolvedMailStationOptions {
  const mailboxFactory = given.mailboxFactory ?? given.mailBoxFactory;
  if (
    mailboxFactory !== undefined &&
    typeof mailboxFactory !== 'function' &&
    typeof mailboxFactory.create !== 'function'
  ) {
    throw invalid('mailboxFactory must be a function, or an object with a function create');
  }
  const mailbox = resolveMailBoxOptions(given);
  return Object.freeze({
    pendingSize: integer('pendingSize', given.pendingSize, 10_000, 0),
    drainTimeout: mailbox.drainTimeout,
    mailboxFactory,
    mailbox,
  });
}
