import { jsonText } from '../json-text.js';
import type { Codec } from '../protocol/codec.js';
import { chooseCodec } from '../protocol/codecs.js';
import { type Extension, LEADER_FEATURES, type PortHolder } from '../protocol/message.js';
import { RefusalCode } from '../protocol/refusal.js';
import { reportingWindow, type StreamWindow } from '../protocol/stream-window.js';
import { VALUES_FEATURE } from '../protocol/value-message.js';
import { quoted } from '../quoted.js';
import type { Channel } from '../serving/channel.js';
import type { RegisterRequest } from './register-request.js';
import type { Session } from './session.js';

/** Refuses a Follower of a channel whose real client is not ready, with the last error of that client. */
export function refuseStarting(session: Session, request: RegisterRequest, failure: Error | undefined): void {
  const last = failure === undefined ? '' : `; its last error: ${failure.message}`;
  const why = `the real client of ${quoted(request.channelName)} in process ${process.pid} is not ready yet${last}`;
  session.refuse(request, RefusalCode.LeaderStarting, why, { failure });
}

/**
 * Refuses a Follower of a channel that no process leads on the port. A stranger learns nothing of this process before its registration is
 * accepted. Two kinds of peers are told the holder of the port where they ask: a process of the same machine, which could read as much
 * from the system, and a peer that has proven a secret or a certificate, which may ask the server about itself.
 */
export function refuseLeaderless(session: Session, request: RegisterRequest, holder: PortHolder): void {
  const why = `no process leads the channel ${quoted(request.channelName)} on this port`;
  const { certificate, secret } = session.proven;
  const mayKnow = session.isLocal || certificate !== undefined || secret !== undefined;
  if (!mayKnow || request.ext?.asksHolder !== true) return session.refuse(request, RefusalCode.NoLeader, why);
  const { pid, name, version, channels } = holder;
  const led = channels.map((channel) => jsonText(channel)).join(', ') || 'no channel';
  const by = `process ${pid} (${name} ${version}) holds the port and leads ${led}`;
  session.refuse(request, RefusalCode.NoLeader, `${why}; ${by}`, { holder });
}

/** Window of the uploads of a Follower. None for a Follower of an older build, which would not ask for it. */
export function uploadsOf(
  { ext }: RegisterRequest,
  { features }: Channel,
  window: StreamWindow | undefined,
): Pick<Extension, 'stream'> {
  const takesStreams = ext?.features.includes('stream') === true && features?.includes('stream') !== false;
  return takesStreams && window !== undefined ? { stream: reportingWindow(window) } : {};
}

/** The codec of a registration. A channel with a custom codec has no other codec. */
export function codecFor({ codec }: Channel, offered: readonly string[]): Codec | undefined {
  if (codec === undefined) return chooseCodec(offered);
  return offered.includes(codec.name) ? codec : undefined;
}

/** Features that Followers may use on a channel, and the term of the Leader. */
export function abilitiesOf(channel: Channel): Pick<Extension, 'features' | 'term'> {
  const { features = LEADER_FEATURES, topics, term } = channel;
  const all = topics === undefined ? features : [...features, VALUES_FEATURE];
  return term === undefined ? { features: all } : { features: [...all, 'term'], term };
}
