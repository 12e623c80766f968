import type { Logger } from '../../lib/diagnostics.js';
import { placeName, placeOfProof } from '../../lib/endpoint.js';
import { type LineOptions, resolveLineOptions } from '../../lib/follower/line-options.js';
import type { ChannelAcceptorOptions } from '../../lib/leader/channel-acceptor.js';
import { entranceOf } from '../../lib/leader/entrance-rules.js';
import { LISTENING_DEFAULTS } from '../../lib/leader/options.js';
import type { ResolvedMailBoxOptions } from '../index.js';
import type { ResolvedShareOptions } from './options.js';

/** Channel that Followers register on. */
export const SHARE_CHANNEL = 'mailstation.share';

/** Processes that may follow one Leader. */
const MAX_FOLLOWERS = 1_000;
const MAX_UNREGISTERED = 100;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Options of the Leader's port, which is open to this machine only. */
export function acceptorOptions(
  { endpoint, tls, secrets }: ResolvedShareOptions,
  { keepalive, maxFrameBytes, maxQueuedBytes, streamWindow }: ResolvedMailBoxOptions,
  logger: Logger,
): ChannelAcceptorOptions {
  return {
    doors: [{ endpoint, allowedOrigins: [], ...(tls && { tls }) }],
    insecure: false,
    hasSecret: secrets !== undefined,
    entrance: entranceOf({ secrets, place: placeOfProof(endpoint), handshakeTimeout: HANDSHAKE_TIMEOUT_MS }),
    maxUnreadBytes: Math.max(LISTENING_DEFAULTS.maxUnreadBytes, maxFrameBytes),
    maxPartialBytes: Math.max(LISTENING_DEFAULTS.maxPartialBytes, maxFrameBytes),
    maxConnections: MAX_FOLLOWERS,
    maxUnregistered: MAX_UNREGISTERED,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    admits: undefined,
    heartbeatInterval: keepalive,
    maxFrameBytes,
    maxQueuedBytes,
    streamWindow,
    flushInterval: 0,
    relays: true,
    // No method is served on this port, and relayed calls have limits of their own.
    maxConcurrent: 1,
    maxQueued: 0,
    maxCallsPerConnection: 1,
    callerShare: 1,
    maxAbandoned: 1,
    abandonedTimeout: 1,
    maxEventLoopLag: 0,
    exposeStack: true, // a server's error is passed on as the server chose to send it
    logger,
    onSession: () => {},
    onSessionClosed: () => {},
    onError: (error) =>
      logger.error(
        `mailstation: listening for the shared mailboxes on ${placeName(endpoint)} failed: ${error.message}`,
      ),
  };
}

/** Options of a Follower's line to the Leader. */
export function lineOptions(
  { endpoint, tls, secrets }: ResolvedShareOptions,
  {
    connectTimeout,
    keepalive,
    frameTimeout,
    maxFrameBytes,
    maxQueuedBytes,
    maxInFlight,
    streamWindow,
    clientId,
    codecs,
  }: ResolvedMailBoxOptions,
): LineOptions {
  return resolveLineOptions(endpoint, SHARE_CHANNEL, {
    codecs,
    clientId,
    connectTimeout,
    frameTimeout,
    heartbeatInterval: keepalive,
    maxFrameBytes,
    maxQueuedBytes,
    maxInFlight,
    streamWindow,
    secrets,
    place: placeOfProof(endpoint),
    ...(tls && { tls }),
  });
}
