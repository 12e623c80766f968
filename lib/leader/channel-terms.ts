import type { Codec } from '../protocol/codec.js';
import { chooseCodec } from '../protocol/codecs.js';
import { type Extension, LEADER_FEATURES } from '../protocol/message.js';
import { RefusalCode } from '../protocol/refusal.js';
import { reportingWindow, type StreamWindow } from '../protocol/stream-window.js';
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
export function abilitiesOf({ features = LEADER_FEATURES, term }: Channel): Pick<Extension, 'features' | 'term'> {
  return term === undefined ? { features } : { features: [...features, 'term'], term };
}
