import { enter, keepAcrossAwaits, leave, runAcrossAwaits } from '../call-context.js';
import type { RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import type { RelayHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { CloseMailBoxHead, OpenMailBoxHead } from '../protocol/relay-message.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';
import type { IncomingCall } from './incoming-call.js';

/** What leads a channel: for an RPC server the dispatcher over its services, for `cluster()` the real client. */
export interface Channel {
  /** Undefined: it takes Followers of whatever channel, as a pomelo server does, which has no id. */
  readonly name: string | undefined;
  /**
   * Explains why no method of this name can be called; undefined where one can. A call that is refused with this has none
   * of its arguments decoded. A channel without it is handed every call.
   */
  readonly missing?: (method: string, argLength: number) => RpcError | undefined;
  /** Must not throw, and answers the call once, now or later. */
  invoke(call: IncomingCall): void;
  /** Nobody is taken in, for this reason: what leads it has failed. */
  readonly refusal?: string;
  /** What can be subscribed to on it. Undefined: nothing. */
  readonly topics?: Topics;
  /** A codec of the user's own, in place of all others, toward stock peers too. Source: cluster-client, `transcode` */
  readonly codec?: Codec;
  /** Features that Followers may use on this channel. @default FEATURES of the protocol */
  readonly features?: readonly string[];
  /** Called once for each Follower that has registered. Undefined: the channel relays no calls. */
  readonly relay?: (follower: RegisteredFollower) => RelayHandler;
}

/** Parts of a session that a channel needs to take a Follower's calls as bytes. */
export interface RegisteredFollower {
  readonly calls: CallCount;
  readonly connection: Connection;
  readonly answers: AnswerWriter;
  readonly codec: Codec;
}

/** Counts a connection's calls. A drain waits until the count is zero. */
export interface CallCount {
  taken(): void;
  released(): void;
}

export type RelayRequest = RelayHead | OpenMailBoxHead | CloseMailBoxHead;

/** Relays the requests of one Follower. */
export interface RelayHandler {
  /** Must not throw. `frame` is valid until this method returns. */
  onRequest(head: RelayRequest, frame: FrameView): void;
  /** The caller has cancelled the call with this id. A call that is over, or that never was, is no error. */
  onCancel(id: number): void;
  /** The Follower's connection has ended. */
  onGone(): void;
}

/** The subscriptions of a channel's Followers. */
export interface Topics {
  /** How long a Follower has to acknowledge a value, ms. */
  readonly pushTimeout: number;
  /**
   * Throws where it cannot be had, and the subscriber is told why. Again for the same key: nothing changes. `bytes`: what
   * `key` and `reg` came in.
   */
  subscribe(key: string, reg: unknown, subscriber: Subscriber, bytes?: number): void;
  unsubscribe(key: string, subscriber: Subscriber): void;
  /** The subscriber has gone; `reason` where its connection has ended. */
  left(subscriber: Subscriber, reason?: RpcError): void;
  /** A value was not acknowledged in time, or cannot be sent. */
  onUndelivered(key: string, peer: string, error: RpcError): void;
}

/** Who is sent values: a Follower's connection, or the Leader's own client. */
export interface Subscriber {
  /** False: what is pushed reaches nobody any more. */
  readonly isOpen: boolean;
  /** Must not throw. */
  push(key: string, value: EncodedValue): void;
}

/** Hands a call to its channel; what that does in its own tick finds the call by `callContext()`. */
export function startCall(channel: Channel, call: IncomingCall): void {
  const outer = enter(call);
  try {
    channel.invoke(call);
  } finally {
    leave(outer);
  }
}

/** The same channel, whose calls are found by `callContext()` across awaits too. */
export function withAsyncContext(channel: Channel): Channel {
  keepAcrossAwaits();
  return { ...channel, invoke: (call) => runAcrossAwaits(call, () => channel.invoke(call)) };
}
