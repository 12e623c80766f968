import { describeHolder, identifyHolder } from '../../election/holder.js';
import { placeOfProof } from '../../endpoint.js';
import { RpcCode, RpcError } from '../../errors.js';
import { Line, type LineHandler } from '../../follower/line.js';
import { type LineOptions, resolveLineOptions } from '../../follower/line-options.js';
import { entranceOf } from '../../leader/entrance-rules.js';
import { resolveListeningOptions } from '../../leader/options.js';
import { findPortHere, type PortLease, takePortLease } from '../../leader/port-lease.js';
import type { ResolvedClusterOptions } from '../options.js';

/** Heartbeats without a byte after which a Follower is taken for dead. Source: cluster-client, lib/leader.js */
const HEARTBEAT_MISSES = 3;

/** The port that the clients of one name compete for: the part of an election that touches the system. */
export interface ElectionPort {
  /** Takes the right to lead. Rejects with {@link RpcCode.AddressInUse} while another client or process has that right. */
  claim(): Promise<PortLease>;
  /** Connects to the Leader and registers. Rejects with {@link RpcCode.Connect} or {@link RpcCode.Register}. */
  dial(handler: LineHandler, signal: AbortSignal): Promise<Line>;
  /** Describes the process that holds the port. Undefined where that is this process. */
  holder(): Promise<string | undefined>;
}

/** `onError` is called with the errors of the port that no call and no line has. */
export function electionPort(options: ResolvedClusterOptions, onError: (error: Error) => void): ElectionPort {
  const { name, endpoint } = options;
  const line = lineOptions(options);
  return {
    claim: () => takePortLease(name, listeningOptions(options, onError)),
    async dial(handler, signal) {
      const here = await findPortHere(name, endpoint);
      const released = new RpcError(
        RpcCode.ConnectionLost,
        `the client that led ${name} in this process has released the channel`,
      );
      // This process has the port and may lead: the channel is claimed again, without waiting to be refused.
      if (here !== undefined && here.released === undefined && options.isLeader !== false) throw released;
      const giveUp = new AbortController();
      void here?.released?.then(() => giveUp.abort(released));
      return Line.open(line, handler, AbortSignal.any([signal, giveUp.signal]));
    },
    async holder() {
      if ((await findPortHere(name, endpoint)) !== undefined) return undefined;
      return describeHolder(await identifyHolder(line), name);
    },
  };
}

function listeningOptions(
  options: ResolvedClusterOptions,
  onError: (error: Error) => void,
): Parameters<typeof takePortLease>[1] {
  const { endpoint, tls, heartbeatInterval, isCheckHeartbeat, maxFrameBytes, exposeStack, logger, secrets } = options;
  const listening = { port: 0, keepalive: heartbeatInterval, maxFrameBytes, exposeStack };
  const resolved = resolveListeningOptions(listening, logger);
  const { handshakeTimeout } = resolved;
  return {
    ...resolved,
    doors: [{ endpoint, allowedOrigins: [], ...(tls && { tls }) }],
    hasSecret: secrets !== undefined,
    entrance: entranceOf({ secrets, place: placeOfProof(endpoint), handshakeTimeout }),
    stockHeartbeatInterval: heartbeatInterval,
    heartbeatMisses: isCheckHeartbeat ? HEARTBEAT_MISSES : Number.POSITIVE_INFINITY,
    onSession: () => {},
    onSessionClosed: () => {},
    onError,
  };
}

function lineOptions(options: ResolvedClusterOptions): LineOptions {
  const {
    name,
    endpoint,
    tls,
    connectTimeout,
    maxWaitTime,
    heartbeatInterval,
    maxFrameBytes,
    transcode,
    clientId,
    secrets,
  } = options;
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
    place: placeOfProof(endpoint),
  });
}
