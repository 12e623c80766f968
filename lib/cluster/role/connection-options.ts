import { type Endpoint, placeOfProof } from '../../endpoint.js';
import { type LineOptions, type LineSettings, resolveLineOptions } from '../../follower/line-options.js';
import type { ChannelAcceptorOptions } from '../../leader/channel-acceptor.js';
import { entranceOf } from '../../leader/entrance-rules.js';
import { resolveListeningOptions } from '../../leader/options.js';
import type { ResolvedClusterOptions } from '../options.js';

/** Heartbeats without a byte after which a Follower is taken for dead. Source: cluster-client, lib/leader.js */
const HEARTBEAT_MISSES = 3;

/** How the process that leads listens. `onError` is called with the errors of the port that no call and no line has. */
export function doorOptions(
  options: ResolvedClusterOptions,
  endpoint: Endpoint,
  onError: (error: Error) => void,
): ChannelAcceptorOptions {
  const { tls, heartbeatInterval, isCheckHeartbeat, maxFrameBytes, exposeStack, logger, secrets, election } = options;
  const insecure = election?.insecure === true;
  const listening = { port: 0, keepalive: heartbeatInterval, maxFrameBytes, exposeStack, insecure };
  const resolved = resolveListeningOptions(listening, logger);
  const { handshakeTimeout } = resolved;
  return {
    ...resolved,
    doors: [{ endpoint, allowedOrigins: [], ...(tls && { tls }) }],
    hasSecret: secrets !== undefined,
    entrance: entranceOf({ secrets, place: proofPlace(options), handshakeTimeout }),
    stockHeartbeatInterval: heartbeatInterval,
    heartbeatMisses: isCheckHeartbeat ? HEARTBEAT_MISSES : Number.POSITIVE_INFINITY,
    onSession: () => {},
    onSessionClosed: () => {},
    onError,
  };
}

/** How another process connects to the Leader at the endpoint. */
export function lineToLeader(
  options: ResolvedClusterOptions,
  endpoint: Endpoint,
  settings: LineSettings = {},
): LineOptions {
  const { name, tls, connectTimeout, maxWaitTime, heartbeatInterval, maxFrameBytes, transcode, clientId, secrets } =
    options;
  return resolveLineOptions(endpoint, name, {
    ...(transcode && { transcode }),
    tls,
    connectTimeout,
    // The Leader's reason for a long wait arrives while this process waits for a Leader.
    answerWithin: Math.max(1, Math.ceil(maxWaitTime / 2)),
    heartbeatInterval,
    stockHeartbeatInterval: heartbeatInterval,
    maxFrameBytes,
    clientId,
    secrets,
    place: proofPlace(options),
    ...settings,
  });
}

/** Place that both ends know by their options. The address of an elected Leader is in none of them. */
function proofPlace({ endpoint, election }: ResolvedClusterOptions): string {
  return election === undefined ? placeOfProof(endpoint) : `election:${election.election.name}`;
}
