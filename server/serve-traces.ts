import type { CallOutcome } from '../lib/call-outcome.js';
import { type ServeMessage, serveChannel, surrounded } from '../lib/channels.js';
import { ConcealedFailure } from '../lib/concealed-failure.js';
import type { RpcCode } from '../lib/errors.js';
import type { TraceFields } from '../lib/protocol/trace-item.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import type { CallObserver } from '../lib/serving/call-ends.js';
import { callerOf, type IncomingCall, microseconds, microsecondsSince } from '../lib/serving/incoming-call.js';
import { StreamedCall } from '../lib/serving/streamed-call.js';
import { performance } from '../lib/timers.js';

/** Mark of a call that was admitted while there was a subscriber, and waits in the queue. */
const QUEUED: object = {};

/** Facts of a call or of a refused request. */
interface About {
  readonly method: string;
  readonly isStream: boolean;
  readonly oneway: boolean;
  readonly caller: ConnectedPeer | undefined;
  readonly trace: TraceFields | undefined;
  readonly waited: number;
}

/** Message of a call at this server. Fields that do not apply are left out, and each is set in the same order, which keeps the objects of one shape. */
class PublishedServe implements ServeMessage {
  readonly method: string;
  readonly serverId: string;
  readonly kind: ServeMessage['kind'];
  readonly isMethod: boolean;
  readonly waited: number;
  readonly caller: ConnectedPeer | undefined;
  declare timeout?: number;
  declare trace?: TraceFields;
  declare around?: NonNullable<ServeMessage['around']>;
  declare outcome?: CallOutcome;
  declare code?: RpcCode | undefined;
  declare error?: Error | undefined;
  declare duration?: number;
  #hasEnded = false;

  constructor(serverId: string, isMethod: boolean, { method, isStream, oneway, caller, trace, waited }: About) {
    this.method = method;
    this.serverId = serverId;
    this.kind = isStream ? 'stream' : oneway ? 'oneway' : 'call';
    this.isMethod = isMethod;
    this.waited = waited;
    this.caller = caller;
    if (trace !== undefined) this.trace = trace;
  }

  /** Publishes `end`, the event of the start, which comes before the outcome, even of a call that ends at once. */
  endStart(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    serveChannel.end.publish(this);
  }

  settle(outcome: CallOutcome, code: RpcCode | undefined, error: Error | undefined, duration: number): void {
    this.endStart();
    this.outcome = outcome;
    this.code = code;
    this.error = error;
    this.duration = duration;
    // A caller that has left, and a deadline that has passed, are no Error of the method.
    if (error !== undefined) serveChannel.error.publish(this);
    serveChannel.asyncStart.publish(this);
    serveChannel.asyncEnd.publish(this);
  }
}

/** Publishes the calls of a server on `mailstation:serve`, where the channel has a subscriber. */
export class ServeTraces {
  readonly #serverId: string;
  readonly #isMethod: (name: string) => boolean;
  /** Number of calls that were admitted while there was a subscriber, and are not over. */
  #open = 0;

  /** `isMethod`: whether the server has a method of this name. */
  constructor(serverId: string, isMethod: (name: string) => boolean) {
    this.#serverId = serverId;
    this.#isMethod = isMethod;
  }

  /** True for a call that was admitted while there was a subscriber. */
  isTraced(call: IncomingCall): boolean {
    return this.#open > 0 && call.published !== undefined;
  }

  /** Serves the call, in the stores that are bound to the start. */
  serve(call: IncomingCall, run: () => void): void {
    const now = performance.now();
    const waited = microsecondsSince(call, Math.floor(now), microseconds(now)) / 1_000;
    const { method, oneway, caller, trace } = call;
    const message = this.#message({ method, oneway, caller, trace, waited, isStream: call instanceof StreamedCall });
    const timeout = Math.max(0, Math.round(call.deadline - now));
    if (Number.isFinite(timeout)) message.timeout = timeout;
    call.published = message;
    try {
      serveChannel.start.runStores(message, () => surrounded(message, run));
    } finally {
      message.endStart();
    }
  }

  /** Sees how the calls end. */
  observer(): CallObserver {
    const isOn = (): boolean => this.#open > 0 || serveChannel.hasSubscribers;
    return {
      get isOn() {
        return isOn();
      },
      begun: (call) => {
        if (!serveChannel.hasSubscribers) return;
        this.#open += 1;
        call.published = QUEUED;
      },
      ended: (call, outcome, code, error, micros, peer) => {
        const { published } = call;
        if (published === undefined) return;
        this.#open -= 1;
        delete call.published;
        const duration = micros / 1_000;
        const message = published === QUEUED ? this.#neverRun(call, peer, duration) : (published as PublishedServe);
        message.settle(outcome, code, error && ConcealedFailure.inside(error), duration);
      },
      refused: ({ method, stream, oneway, caller }, error, code, peer, trace) => {
        if (!serveChannel.hasSubscribers) return;
        const about = { method, isStream: stream !== undefined, oneway, trace, waited: 0 };
        const message = this.#message({ ...about, caller: callerOf(peer, caller) });
        serveChannel.start.publish(message);
        message.settle('refused', code, error, 0);
      },
    };
  }

  /** Publishes the start of a call that ends in the queue. */
  #neverRun(call: IncomingCall, peer: ConnectedPeer | undefined, waited: number): PublishedServe {
    const { method, oneway, callerId, trace } = call;
    const about = { method, oneway, trace, waited, isStream: call instanceof StreamedCall };
    const message = this.#message({ ...about, caller: callerOf(peer, callerId) });
    serveChannel.start.publish(message);
    return message;
  }

  #message(about: About): PublishedServe {
    return new PublishedServe(this.#serverId, this.#isMethod(about.method), about);
  }
}
