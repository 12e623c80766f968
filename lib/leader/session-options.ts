import type { Codec } from '../protocol/codec.js';
import type { Extension } from '../protocol/message.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { AnswerWriterOptions } from '../serving/answer-writer.js';
import type { Channel, RelayHandler } from '../serving/channel.js';
import type { SessionCallsOptions } from '../serving/session-terms.js';
import type { ConnectionOptions } from '../transport/connection-contract.js';
import type { Keepalive } from '../transport/keepalive.js';
import type { ConnectedSubscriber } from './subscriber.js';

export interface SessionOptions
  extends Omit<ConnectionOptions, 'pauseWhenBlocked' | 'maxFirstFrameBytes' | 'portBytes'>,
    AnswerWriterOptions,
    Pick<SessionCallsOptions, 'authorization' | 'maxStreams'> {
  /** How far the streams of callers may be ahead of their methods. @default that of {@link DEFAULT_STREAM_WINDOW} */
  readonly streamWindow?: StreamWindow;
  /** Interval of heartbeats toward a mailstation peer. ms */
  readonly heartbeatInterval: number;
  /** Interval of checks whether a stock peer has sent anything. ms @default 20_000 — cluster-client */
  readonly stockHeartbeatInterval?: number;
  /** Heartbeats, or checks, without a byte after which the peer counts as dead. @default 2, or 3 for a stock peer */
  readonly heartbeatMisses?: number;
}

/** Terms of a registration. Made when the session becomes `registered`. */
export interface Registered {
  readonly channel: Channel;
  readonly channelName: string;
  readonly codec: Codec;
  /** Undefined for a stock peer. */
  readonly ext: Extension | undefined;
  readonly subscriber: ConnectedSubscriber | undefined;
  readonly relay: RelayHandler | undefined;
  readonly keepalive: Keepalive;
}
