import { type ServeMessage, serveChannel, surrounded } from '../lib/channels.js';
import { ConcealedFailure } from '../lib/concealed-failure.js';
import type { TraceFields } from '../lib/protocol/trace-item.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import type { CallObserver } from '../lib/serving/call-ends.js';
import { callerOf, type IncomingCall, microseconds, microsecondsSince } from '../lib/serving/incoming-call.js';
import { StreamedCall } from '../lib/serving/streamed-call.js';
import { performance } from '../lib/timers.js';

/** A call whose start was published. */
interface Traced {
  readonly message: ServeMessage;
  /** The event `end` was published. */
  isStarted: boolean;
}

/** Facts of a call that are known as soon as it arrives. */
type About = Pick<ServeMessage, 'method' | 'serverId' | 'kind' | 'isMethod' | 'trace'>;

/** Publishes the calls of a server on `mailstation:serve`, where the channel has a subscriber. */
export class ServeTraces {
  readonly #serverId: string;
  readonly #isMethod: (name: string) => boolean;
  /** Calls that were admitted while there was a subscriber. Undefined: the call waits in the queue. */
  readonly #traced = new Map<IncomingCall, Traced | undefined>();

  /** `isMethod`: whether the server has a method of this name. */
  constructor(serverId: string, isMethod: (name: string) => boolean) {
    this.#serverId = serverId;
    this.#isMethod = isMethod;
  }

  /** True for a call that was admitted while there was a subscriber. */
  isTraced(call: IncomingCall): boolean {
    return this.#traced.size > 0 && this.#traced.has(call);
  }

  /** Serves the call, in the stores that are bound to the start. */
  serve(call: IncomingCall, run: () => void): void {
    const now = performance.now();
    const timeout = Math.max(0, Math.round(call.deadline - now));
    const waited = microsecondsSince(call, Math.floor(now), microseconds(now)) / 1_000;
    const message: ServeMessage = {
      ...this.#about(call.method, call instanceof StreamedCall, call.oneway, call.trace),
      ...(Number.isFinite(timeout) && { timeout }),
      ...{ caller: call.caller, waited },
    };
    const traced: Traced = { message, isStarted: false };
    this.#traced.set(call, traced);
    try {
      serveChannel.start.runStores(message, () => surrounded(message, run));
    } finally {
      end(traced);
    }
  }

  /** Sees how the calls end. */
  observer(): CallObserver {
    const traced = this.#traced;
    const settle = (of: Traced, outcome: Parameters<typeof publish>[1]): void => {
      end(of);
      publish(of.message, outcome);
    };
    return {
      get isOn() {
        return traced.size > 0 || serveChannel.hasSubscribers;
      },
      begun: (call) => {
        if (serveChannel.hasSubscribers) traced.set(call, undefined);
      },
      ended: (call, outcome, code, error, micros, peer) => {
        if (!traced.has(call)) return;
        const { method, oneway, callerId, trace } = call;
        const of =
          traced.get(call) ??
          this.#start(method, call instanceof StreamedCall, oneway, callerOf(peer, callerId), trace, micros / 1_000);
        traced.delete(call);
        settle(of, { outcome, code, error: error && ConcealedFailure.inside(error), duration: micros / 1_000 });
      },
      refused: ({ method, stream, oneway, caller }, error, code, peer, trace) => {
        if (!serveChannel.hasSubscribers) return;
        const of = this.#start(method, stream !== undefined, oneway, callerOf(peer, caller), trace, 0);
        settle(of, { outcome: 'refused', code, error, duration: 0 });
      },
    };
  }

  /** Publishes the start of a call that ends without having run. */
  #start(
    method: string,
    isStream: boolean,
    oneway: boolean,
    caller: ConnectedPeer | undefined,
    trace: TraceFields | undefined,
    waited: number,
  ): Traced {
    const message = { ...this.#about(method, isStream, oneway, trace), caller, waited };
    serveChannel.start.publish(message);
    return { message, isStarted: false };
  }

  #about(method: string, isStream: boolean, oneway: boolean, trace: TraceFields | undefined): About {
    const kind = isStream ? 'stream' : oneway ? 'oneway' : 'call';
    const isMethod = this.#isMethod(method);
    return { method, serverId: this.#serverId, kind, isMethod, ...(trace && { trace }) };
  }
}

/** `end` is the event of the start, and comes before the outcome, even of a call that ends at once. */
function end(traced: Traced): void {
  if (traced.isStarted) return;
  traced.isStarted = true;
  serveChannel.end.publish(traced.message);
}

function publish(message: ServeMessage, outcome: Pick<ServeMessage, 'outcome' | 'code' | 'error' | 'duration'>): void {
  Object.assign(message, outcome);
  // A caller that has left, and a deadline that has passed, are no Error of the method.
  if (message.error !== undefined) serveChannel.error.publish(message);
  serveChannel.asyncStart.publish(message);
  serveChannel.asyncEnd.publish(message);
}
