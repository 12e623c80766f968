import type { Logger } from '../../lib/diagnostics.js';
import { endpointOf } from '../../lib/endpoint.js';
import { type LineOptions, resolveLineOptions } from '../../lib/follower/line-options.js';
import type { ChannelAcceptorOptions } from '../../lib/leader/channel-acceptor.js';
import type { ResolvedMailBoxOptions } from '../index.js';
import type { ResolvedShareOptions } from './options.js';

/** What the processes that share their mailboxes compete for, beside the port. */
export const SHARE_CHANNEL = 'mailstation.share';

/** Processes that may follow one. */
const MAX_FOLLOWERS = 1_000;
const MAX_UNREGISTERED = 100;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How the process that leads listens: to this machine only. */
export function acceptorOptions(
  { port }: ResolvedShareOptions,
  { keepalive, maxFrameBytes, maxQueuedBytes }: ResolvedMailBoxOptions,
  logger: Logger,
): ChannelAcceptorOptions {
  return {
    endpoint: endpointOf({ port }),
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
  return resolveLineOptions(endpointOf({ port }), SHARE_CHANNEL, {
    codecs,
    connectTimeout,
    heartbeatInterval: keepalive,
    maxFrameBytes,
    maxQueuedBytes,
    maxInFlight,
  });
}
