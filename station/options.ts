import { clientIdOption, isClientId } from '../lib/client-id.js';
import { type Logger, quietLogger } from '../lib/diagnostics.js';
import { boolean, type Filled, integer, invalid, loggerOption, unfit } from '../lib/options.js';
import {
  type CustomMailBoxFactory,
  DEFAULT_PENDING_SIZE,
  MAILBOX_DEFAULTS,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../mailbox/index.js';
import { type ResolvedShareOptions, resolveShareOptions, type ShareOptions } from '../mailbox/shared/options.js';
import { type EjectionOptions, resolveEjection } from './health/index.js';

/** How a client reaches its servers: connections, waiting calls, health, sharing and tracing. */
export interface MailStationOptions extends MailBoxOptions {
  /**
   * Calls that may wait for the connection of one server; also the calls, over all servers, that may wait for a router or a
   * filter. Past this number a call fails at once with `ERR_RPC_PENDING_FULL`. 0: a call fails unless its server is
   * connected (routers and filters may still take their time).
   * Unit: calls. Range: from 0. Source: pomelo-rpc.
   * @default 10_000
   */
  pendingSize?: number | undefined;
  /** Makes mailboxes over a custom transport, in place of the built-in ones. Source: pomelo-rpc. @default built-in mailboxes */
  mailboxFactory?: CustomMailBoxFactory | undefined;
  /** Name of {@link MailStationOptions.mailboxFactory} in pomelo-rpc's README. Source: pomelo-rpc. */
  mailBoxFactory?: CustomMailBoxFactory | undefined;
  /**
   * Whether servers that fail again and again are not chosen by routers for a while; an object gives the bounds, see
   * {@link EjectionOptions}. Off by default: a router that pins users to servers would send the users of an ejected server
   * to servers that do not know them. Source: Envoy.
   * @default false
   */
  ejection?: boolean | EjectionOptions | undefined;
  /** Shares the connections to servers with other processes of this machine. @default each process has its own */
  share?: ShareOptions | undefined;
  /**
   * Name of this client: in traces, and at servers as `callContext().caller.id`. Servers get the name as the client gives it,
   * and must not take the name for a proof. Range: 1 to 128 characters without control characters. Source: pomelo-rpc.
   * @default the `serverId` of the context; without one, traces have the process id, and servers the number of the connection
   */
  clientId?: string | undefined;
  /** Log each step of each call, and emit the steps as `trace` events; never the arguments. Source: pomelo-rpc. @default false */
  rpcDebugLog?: boolean | undefined;
  /** Receiver of the steps that `rpcDebugLog` logs. Source: pomelo-rpc. @default the client's `logger` */
  rpcLogger?: Logger | undefined;
  /** Receiver of log lines. @default warnings and errors to stderr */
  logger?: Logger | undefined;
  /** Value that is handed to the factories of remote modules under record paths. Source: pomelo-rpc. */
  context?: unknown;
}

export const STATION_DEFAULTS = Object.freeze({
  ...MAILBOX_DEFAULTS,
  pendingSize: DEFAULT_PENDING_SIZE,
  ejection: false,
  rpcDebugLog: false,
}) satisfies MailStationOptions;

export interface ResolvedMailStationOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailboxFactory: CustomMailBoxFactory | undefined;
  readonly mailbox: ResolvedMailBoxOptions;
  /** Undefined: no server is ever ejected. */
  readonly ejection: Filled<EjectionOptions> | undefined;
  /** Undefined: the mailboxes are this client's own. */
  readonly share: ResolvedShareOptions | undefined;
  readonly logger: Logger;
  /** Options as the user wrote them, for custom mailboxes. */
  readonly given: object;
  /** Undefined: calls are not traced. */
  readonly trace: { readonly source: string; readonly logger: Logger } | undefined;
}

/** Checks the options; `written` is what the user wrote, older names included. Throws {@link RpcCode.InvalidArgument}. */
export function resolveMailStationOptions(
  given: MailStationOptions,
  written: object = given,
): ResolvedMailStationOptions {
  const defaults = STATION_DEFAULTS;
  const mailboxFactory = given.mailboxFactory ?? undefined;
  if (
    mailboxFactory !== undefined &&
    typeof mailboxFactory !== 'function' &&
    typeof mailboxFactory.create !== 'function'
  ) {
    throw unfit('mailboxFactory', 'a function, or an object with a function create', mailboxFactory);
  }
  const share = resolveShareOptions(given.share);
  if (share !== undefined && mailboxFactory !== undefined)
    throw invalid(
      'share cannot be combined with mailboxFactory: custom mailboxes are not shared. Remove one of the two options',
    );
  const id = clientId(given);
  const mailbox = { ...resolveMailBoxOptions(given), ...(id !== undefined && { clientId: id }) };
  return Object.freeze({
    pendingSize: integer('pendingSize', given.pendingSize, defaults.pendingSize, 0),
    drainTimeout: mailbox.drainTimeout,
    mailboxFactory,
    mailbox,
    ejection: resolveEjection(given.ejection),
    share,
    logger: loggerOption('logger', given.logger, quietLogger),
    given: written,
    trace: boolean('rpcDebugLog', given.rpcDebugLog, defaults.rpcDebugLog)
      ? {
          source: id ?? `process ${process.pid}`,
          logger: loggerOption('rpcLogger', given.rpcLogger ?? given.logger, quietLogger),
        }
      : undefined,
  });
}

function clientId({ clientId: given, context }: MailStationOptions): string | undefined {
  if (given !== undefined) return clientIdOption(given);
  const { serverId } = (context ?? {}) as { serverId?: unknown };
  return isClientId(serverId) ? serverId : undefined;
}
