import type { CallCounter } from './call-source.js';
import type { Channel } from './channel.js';
import type { IncomingCall } from './incoming-call.js';

export interface QueuedCall {
  readonly call: IncomingCall;
  readonly channel: Channel;
  readonly source: CallCounter;
}

/**
 * Calls that wait for a place. Sources take turns, so that a source with a thousand waiting calls does not delay a source with
 * one. The calls of one source keep the order of their arrival.
 */
export class CallQueue {
  readonly #calls = new Map<IncomingCall, QueuedCall>();
  /** Waiting calls of each source. The source whose turn comes first is the first. */
  readonly #turns = new Map<CallCounter, Set<IncomingCall>>();

  get size(): number {
    return this.#calls.size;
  }

  /** Waiting calls, for a look at their deadlines. */
  get calls(): Iterable<IncomingCall> {
    return this.#calls.keys();
  }

  sizeOf(source: CallCounter): number {
    return this.#turns.get(source)?.size ?? 0;
  }

  has(call: IncomingCall): boolean {
    return this.#calls.has(call);
  }

  add(queued: QueuedCall): void {
    const { call, source } = queued;
    this.#calls.set(call, queued);
    const waiting = this.#turns.get(source);
    if (waiting === undefined) this.#turns.set(source, new Set([call]));
    else waiting.add(call);
  }

  /** Takes a call out. False where the call does not wait. */
  delete(call: IncomingCall): boolean {
    const queued = this.#calls.get(call);
    if (queued === undefined) return false;
    this.#calls.delete(call);
    const waiting = this.#turns.get(queued.source);
    waiting?.delete(call);
    if (waiting?.size === 0) this.#turns.delete(queued.source);
    return true;
  }

  /** Takes the call out whose turn it is, among the sources that may start one. The source then waits for its next turn. */
  take(mayStart: (source: CallCounter) => boolean): QueuedCall | undefined {
    for (const [source, waiting] of this.#turns) {
      if (!mayStart(source)) continue;
      const [call] = waiting;
      const queued = call && this.#calls.get(call);
      if (queued === undefined) continue;
      this.delete(queued.call);
      if (waiting.size > 0) {
        this.#turns.delete(source);
        this.#turns.set(source, waiting);
      }
      return queued;
    }
    return undefined;
  }
}
