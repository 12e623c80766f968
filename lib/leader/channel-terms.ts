import type { Codec } from '../protocol/codec.js';
import { chooseCodec } from '../protocol/codecs.js';
import { type Extension, LEADER_FEATURES } from '../protocol/message.js';
import { RefusalCode } from '../protocol/refusal.js';
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

/** True where the Follower of a registration may send streams on the channel. A Follower of an older build does not ask for the window. */
export function takesStreams({ ext }: RegisterRequest, { features }: Channel): boolean {
  return ext?.features.includes('stream') === true && features?.includes('stream') !== false;
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
