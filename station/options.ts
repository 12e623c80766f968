import { type Logger, quietLogger } from '../lib/diagnostics.js';
import { boolean, integer, invalid, loggerOption, nonEmptyString } from '../lib/options.js';
import {
  type CustomMailBoxFactory,
  DEFAULT_PENDING_SIZE,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../mailbox/index.js';
import { type ResolvedShareOptions, resolveShareOptions, type ShareOptions } from '../mailbox/shared/options.js';
import { type EjectionOptions, resolveEjection } from './health/index.js';

export interface MailStationOptions extends MailBoxOptions {
  /**
   * Calls that may wait for one server's connection; also the calls, over all servers, that may wait for a router or
   * a filter. Past it a call fails at once with `ERR_RPC_PENDING_FULL`.
   * Unit: calls. 0: fail unless connected (routers and filters may still take their time). @default 10_000 — pomelo-rpc
   */
  pendingSize?: number;
  /** Makes mailboxes over a transport of your own, in place of the built-in ones. Alias: `mailBoxFactory`. Source: pomelo-rpc */
  mailboxFactory?: CustomMailBoxFactory;
  /** pomelo-rpc's README has it so. */
  mailBoxFactory?: CustomMailBoxFactory;
  /**
   * Servers that fail again and again are not chosen by routers for a while; see {@link EjectionOptions}. Off unless asked
   * for: a router that pins users to servers would send an ejected server's users to servers that do not know them.
   * @default false
   */
  ejection?: boolean | EjectionOptions;
  /** Have the connections to servers in common with other processes of this machine. @default each has its own */
  share?: ShareOptions;
  /** Names this client in traces. @default the context's `serverId`, as in pomelo-rpc, else the process id */
  clientId?: string;
  /** Log, and emit as `trace` events, each step of each call; never its arguments. @default false — pomelo-rpc */
  rpcDebugLog?: boolean;
  /** Where traces are logged. @default the client's `logger` */
  rpcLogger?: Logger;
  /** @default warnings and errors to stderr */
  logger?: Logger;
  /** Handed to the factories of remote modules under record paths. */
  context?: unknown;
}

export interface ResolvedMailStationOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailboxFactory: CustomMailBoxFactory | undefined;
  readonly mailbox: ResolvedMailBoxOptions;
  /** Undefined: none is ever left out. */
  readonly ejection: Required<EjectionOptions> | undefined;
  /** Undefined: the mailboxes are this client's own. */
  readonly share: ResolvedShareOptions | undefined;
  readonly logger: Logger;
  /** As they were given, for the user's own mailboxes. */
  readonly given: object;
  /** Undefined: calls are not traced. */
  readonly trace: { readonly source: string; readonly logger: Logger } | undefined;
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
  const share = resolveShareOptions(given.share);
  if (share !== undefined && mailboxFactory !== undefined)
    throw invalid('share does not go with mailboxFactory: mailboxes of your own are not shared');
  const mailbox = resolveMailBoxOptions(given);
  return Object.freeze({
    pendingSize: integer('pendingSize', given.pendingSize, DEFAULT_PENDING_SIZE, 0),
    drainTimeout: mailbox.drainTimeout,
    mailboxFactory,
    mailbox,
    ejection: resolveEjection(given.ejection),
    share,
    logger: loggerOption('logger', given.logger, quietLogger),
    given,
    trace: boolean('rpcDebugLog', given.rpcDebugLog, false)
      ? { source: clientId(given), logger: loggerOption('rpcLogger', given.rpcLogger ?? given.logger, quietLogger) }
      : undefined,
  });
}

function clientId({ clientId: given, context }: MailStationOptions): string {
  if (given !== undefined) return nonEmptyString('clientId', given);
  const { serverId } = (context ?? {}) as { serverId?: unknown };
  return typeof serverId === 'string' ? serverId : `process ${process.pid}`;
}
