import type { Logger } from '../../lib/diagnostics.js';
import type { LineOptions } from '../../lib/follower/line-options.js';
import type { ChannelAcceptorOptions } from '../../lib/leader/channel-acceptor.js';
import { boolean, integer, invalid } from '../../lib/options.js';
import { DEFAULT_HOST } from '../../lib/server-info.js';
import type { ResolvedMailBoxOptions } from '../index.js';

/** What the processes that share their mailboxes compete for, beside the port. */
export const SHARE_CHANNEL = 'mailstation.share';

/** Processes that may follow one. */
const MAX_FOLLOWERS = 1_000;
const MAX_UNREGISTERED = 100;
const HANDSHAKE_TIMEOUT_MS = 10_000;

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

/** How the process that leads listens: to this machine only. */
export function hostOptions(
  { port }: ResolvedShareOptions,
  { keepalive, maxFrameBytes, maxQueuedBytes }: ResolvedMailBoxOptions,
  logger: Logger,
): ChannelAcceptorOptions {
  return {
    transport: 'tcp',
    host: DEFAULT_HOST,
    port,
    insecure: false,
    maxConnections: MAX_FOLLOWERS,
    maxUnregistered: MAX_UNREGISTERED,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    admits: undefined,
    allowedOrigins: [],
    heartbeatInterval: keepalive,
    maxFrameBytes,
    maxQueuedBytes,
    flushInterval: 0,
    // Nothing is served here; what is relayed has bounds of its own.
    maxConcurrent: 1,
    maxQueued: 0,
    maxCallsPerConnection: 1,
    maxEventLoopLag: 0,
    exposeStack: true, // whatever the server chose to send goes on to the caller
    logger,
    onSession: () => {},
    onSessionClosed: () => {},
    onError: (error) => logger.error(`mailstation: the port of the shared mailboxes, ${port}: ${error.message}`),
  };
}

/** The line of a process that follows. */
export function lineOptions(
  { port }: ResolvedShareOptions,
  { connectTimeout, keepalive, maxFrameBytes, maxQueuedBytes, maxInFlight, codecs }: ResolvedMailBoxOptions,
): LineOptions {
  return {
    transport: 'tcp',
    host: DEFAULT_HOST,
    port,
    channel: SHARE_CHANNEL,
    codecs,
    connectTimeout,
    heartbeatInterval: keepalive,
    maxFrameBytes,
    maxQueuedBytes,
    maxInFlight,
    flushInterval: 0,
  };
}
