import { enter, keepAcrossAwaits, leave, runAcrossAwaits } from '../call-context.js';
import type { RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import type { Head, InvokeHead, RelayHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { CloseMailBoxHead, OpenMailBoxHead } from '../protocol/relay-message.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { Term } from '../term.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';
import type { CallObserver } from './call-ends.js';
import type { ReportedFailure } from './call-failures.js';
import type { IncomingCall } from './incoming-call.js';

/**
 * A channel as its Leader serves it: the dispatcher over the services of an RPC server, the real client of `cluster()`, or
 * a relay. Several copies of the package in one process hand channels to each other (see `port-lease.ts`), so that no member
 * may be renamed.
 */
export interface Channel {
  /** Undefined: Followers of every channel are accepted. A pomelo server, which has no id, is such a Leader. */
  readonly name: string | undefined;
  /**
   * Returns the error for a method that cannot be called, and undefined for a method that can. The arguments of a call that
   * is refused in this way are not decoded. A channel without this function gets every call.
   */
  readonly missing?: (method: string, argLength: number) => RpcError | undefined;
  /** Whether the last call of a method returned a value that is no answer, and has not called its callback yet. */
  readonly hasReturned?: (method: string) => boolean;
  /** Calls the method, and answers the call once, now or later. Must not throw. */
  invoke(call: IncomingCall): void;
  /** Called with each call that failed. Must not throw. Undefined: the channel wants no reports. */
  readonly failed?: (failure: ReportedFailure) => void;
  /** Observer of the calls and of their ends. Undefined: calls are not observed. */
  readonly observer?: CallObserver;
  /** Reason for which every registration is refused: the Leader has failed. */
  readonly refusal?: string;
  /** The failure behind {@link refusal}, which Followers get too. */
  readonly failure?: Error;
  /** Subscriptions on this channel. Undefined: the channel has none. */
  readonly topics?: Topics;
  /** Term of the Leader of this channel, where the Leader was elected. The term of a channel never changes. */
  readonly term?: Term;
  /** Custom codec, in place of all others, also toward stock peers. Source: cluster-client, `transcode` */
  readonly codec?: Codec;
  /** Features that Followers may use on this channel. @default LEADER_FEATURES of the protocol */
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
  /** Name that the Follower's client gave itself. Not proved by anything. */
  readonly clientId?: string | undefined;
  /** How far a stream may be ahead of its consumer there. Undefined: the Follower takes no streams. */
  readonly window?: StreamWindow | undefined;
  /** How far an upload may be ahead of its consumer here, as was announced. Undefined: the Follower sends none. */
  readonly uploadWindow?: StreamWindow | undefined;
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
  /**
   * Takes a call of the channel itself, as {@link onRequest} takes its requests. Undefined: such calls are decoded, and go to the channel.
   */
  readonly onCall?: (head: InvokeHead, frame: FrameView) => void;
  /** The caller has cancelled the call with this id. A call that is over, or that never was, is no error. */
  onCancel(id: number): void;
  /** Takes a frame of a stream. False for any other frame. */
  streamFrame(head: Head, frame: FrameView): boolean;
  /** The Follower's connection accepts more. */
  onDrained(): void;
  /** The Follower's connection has ended. */
  onGone(): void;
}

/** The subscriptions of a channel's Followers. */
export interface Topics {
  /** Time for a Follower to acknowledge a value. ms */
  readonly pushTimeout: number;
  /**
   * Adds a subscriber to a key. Throws for a key that cannot be subscribed to; the subscriber gets the reason. A second call
   * for the same key changes nothing. `bytes` is the size of the head that held `key` and `reg`. A promise says that the key is
   * asked for elsewhere: it resolves when the key is subscribed to, and rejects as the function throws.
   */
  subscribe(key: string, reg: unknown, subscriber: Subscriber, bytes?: number): Promise<void> | undefined;
  unsubscribe(key: string, subscriber: Subscriber): void;
  /** The subscriber has left. `reason` is set where the connection has ended. */
  left(subscriber: Subscriber, reason?: RpcError): void;
  /** A value was not acknowledged in time, or could not be sent. */
  onUndelivered(key: string, peer: string, error: RpcError): void;
}

/** Receiver of subscribed values: a Follower's connection, or the Leader's own client. */
export interface Subscriber {
  /** False once the receiver is gone: pushed values are dropped. */
  readonly isOpen: boolean;
  /** Sends a value of a key. Must not throw. */
  push(key: string, value: EncodedValue): void;
}

/** Hands a call to its channel. In the same tick, `callContext()` returns the call's context. */
export function startCall(channel: Channel, call: IncomingCall): void {
  const outer = enter(call);
  try {
    channel.invoke(call);
  } finally {
    leave(outer);
  }
}

/** Wraps a channel so that `callContext()` returns the context across awaits too. */
export function withAsyncContext(channel: Channel): Channel {
  keepAcrossAwaits();
  return { ...channel, invoke: (call) => runAcrossAwaits(call, () => channel.invoke(call)) };
}
