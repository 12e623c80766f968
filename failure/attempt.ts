import type { Settle } from '../lib/call/call-contract.js';
import { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { OutgoingStream, OutgoingUpload } from '../lib/call/outgoing-stream.js';
import { takeStreamFrame } from '../lib/call/stream-frame.js';
import type { Codec } from '../lib/protocol/codec.js';
import type { Head } from '../lib/protocol/message.js';
import type { FrameView } from '../lib/protocol/packet.js';

export interface AttemptFacts {
  /** Server to go to; undefined: the router chooses one. */
  readonly serverId: string | undefined;
  /** Servers that the router may not choose. */
  readonly excludes: ReadonlySet<string>;
  readonly waitForReady: boolean;
  readonly isFirst: boolean;
}

/**
 * Attempt at a call: a call of its own, with its own arguments for filters to rewrite, under the same deadline. The
 * attempt's answer goes to the call, and only the call's own answer goes to the after filters.
 */
export class Attempt extends OutgoingCall {
  readonly #excludes: ReadonlySet<string>;
  readonly #waitForReady: boolean;

  constructor(of: OutgoingCall, { serverId, excludes, waitForReady, isFirst }: AttemptFacts, settle: Settle) {
    const { method, args, timeout, oneway, options, routeParam, startedAt, onSent } = of;
    super(method, [...args], timeout, oneway, options, routeParam, settle, startedAt);
    this.serverId = serverId;
    this.#excludes = excludes;
    this.#waitForReady = waitForReady;
    if (of.published !== undefined) this.published = of.published;
    if (of.trace !== undefined) this.trace = of.trace;
    if (!isFirst) this.spentOnEarlierAttempts();
    if (onSent === undefined) return;
    this.onSent = () => {
      of.serverId = this.serverId;
      onSent();
    };
  }

  override get excludes(): ReadonlySet<string> {
    return this.#excludes;
  }

  override get waitForReady(): boolean {
    return this.#waitForReady;
  }

  override get skipsAfterFilters(): boolean {
    return true;
  }
}

/** Attempt at a call with a stream. The streams are those of the call, whose deadline moves with the stream of results. */
export class StreamAttempt extends Attempt {
  readonly #of: OutgoingCall;

  constructor(of: OutgoingCall, facts: AttemptFacts, settle: Settle) {
    super(of, facts, settle);
    this.#of = of;
  }

  override get stream(): OutgoingStream | undefined {
    return this.#of.stream;
  }

  override get upload(): OutgoingUpload | undefined {
    return this.#of.upload;
  }

  override get hasStreams(): boolean {
    return true;
  }

  streamFrame(head: Head, frame: FrameView, codec: Codec): boolean {
    return takeStreamFrame(this, head, frame, codec);
  }

  override get deadline(): number {
    return this.#of.deadline;
  }

  override get sentAt(): undefined {
    return undefined;
  }
}
