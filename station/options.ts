import type { SecretOption } from '../lib/auth/secret-option.js';
import type { Secrets } from '../lib/auth/secrets.js';
import { tokenOption } from '../lib/auth/token-option.js';
import { clientIdOption, isClientId } from '../lib/client-id.js';
import { type Logger, quietLogger } from '../lib/diagnostics.js';
import { KnownTerms } from '../lib/follower/known-terms.js';
import { boolean, type Filled, integer, invalid, loggerOption, unfit } from '../lib/options.js';
import {
  type CustomMailBoxFactory,
  DEFAULT_PENDING_SIZE,
  MAILBOX_DEFAULTS,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../mailbox/index.js';
import {
  type ReadTls,
  type ResolvedShareOptions,
  resolveShareOptions,
  type ShareOptions,
} from '../mailbox/shared/options.js';
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
   * Secret that this client and its servers know, see {@link SecretOption}. Both ends prove that they know it before the client sends
   * anything else, and a server without it is not connected to. Of several secrets, the first one that the server knows counts.
   * Files are read again at each connection. Range: 1 to 16 secrets of 16 to 1,024 bytes.
   * @default none
   */
  secret?: SecretOption | undefined;
  /**
   * Token for the servers' `authenticate`, sent at each registration: a value that JSON carries, or a function that returns one or a
   * promise of one. With {@link MailStationOptions.secret}, a server gets the token only after it has proven the secret. Range: up to
   * 8,192 characters of JSON.
   * @default none
   */
  auth?: unknown;
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
  /** Terms of elected servers, of which this client has the highest ones. */
  readonly terms: KnownTerms;
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
  { readSecret, readTls }: OptionReaders = {},
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
  const logger = loggerOption('logger', given.logger, quietLogger);
  const read = secretReader(readSecret, logger);
  const secrets = read('secret', given.secret);
  const token = tokenOption('auth', given.auth);
  const share = resolveShareOptions(given.share, secrets, read, readTls);
  if (given.tls !== undefined && readTls === undefined)
    throw invalid('this client cannot speak TLS by itself; leave the option `tls` out');
  const tls = given.tls && readTls?.(given.tls, 'tls');
  if (share !== undefined && mailboxFactory !== undefined)
    throw invalid(
      'share cannot be combined with mailboxFactory: custom mailboxes are not shared. Remove one of the two options',
    );
  const proof = given.secret === undefined ? 'auth' : 'secret';
  if (given[proof] !== undefined && mailboxFactory !== undefined)
    throw invalid(`${proof} cannot be combined with mailboxFactory: a custom mailbox proves by itself who it is`);
  const id = clientId(given);
  const terms = new KnownTerms();
  const mailbox = {
    ...resolveMailBoxOptions(given),
    secrets,
    token,
    terms,
    ...(tls && { tls }),
    ...(id !== undefined && { clientId: id }),
  };
  return Object.freeze({
    pendingSize: integer('pendingSize', given.pendingSize, defaults.pendingSize, 0),
    drainTimeout: mailbox.drainTimeout,
    mailboxFactory,
    mailbox,
    terms,
    ejection: resolveEjection(given.ejection),
    share,
    logger,
    given: written,
    trace: boolean('rpcDebugLog', given.rpcDebugLog, defaults.rpcDebugLog)
      ? {
          source: id ?? `process ${process.pid}`,
          logger: loggerOption('rpcLogger', given.rpcLogger ?? given.logger, quietLogger),
        }
      : undefined,
  });
}

/** Transport of servers whose entries name none. A client that was given certificates does not speak without them by accident. */
export function transportOf({ mailbox }: ResolvedMailStationOptions): 'tls' | undefined {
  return mailbox.tls === undefined ? undefined : 'tls';
}

/** Parts of a platform that read options. */
export interface OptionReaders {
  readonly readSecret?: ReadSecret;
  readonly readTls?: ReadTls;
}

/** Reads an option `secret`; undefined where the option is not given. */
type ReadSecret = (name: string, given: unknown, logger: Logger) => Secrets | undefined;

function secretReader(
  read: ReadSecret | undefined,
  logger: Logger,
): (name: string, given: unknown) => Secrets | undefined {
  return (name, given) => {
    if (given === undefined) return undefined;
    if (read === undefined) throw invalid(`this client cannot prove a secret; leave the option \`${name}\` out`);
    return read(name, given, logger);
  };
}

function clientId({ clientId: given, context }: MailStationOptions): string | undefined {
  if (given !== undefined) return clientIdOption(given);
  const { serverId } = (context ?? {}) as { serverId?: unknown };
  return isClientId(serverId) ? serverId : undefined;
}
