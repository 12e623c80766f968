import { ConcealedFailure } from '../lib/concealed-failure.js';
import type { Emitter } from '../lib/emitter.js';
import type { CallObserver } from '../lib/serving/call-ends.js';
import { callerOf } from '../lib/serving/incoming-call.js';
import { StreamedCall } from '../lib/serving/streamed-call.js';
import type { EndedCall } from './ended-call.js';
import type { ServerEvents } from './events.js';

/** Emits `callEnded` for each call, where a listener waits for the event. */
export function endedCalls(server: Emitter<ServerEvents>): CallObserver {
  const emit = (call: EndedCall): void => void server.emit('callEnded', call);
  return {
    get isOn() {
      return server.listenerCount('callEnded') > 0;
    },
    begun() {},
    ended(call, outcome, code, error, micros, peer) {
      const { method, oneway, callerId } = call;
      emit({
        ...{ method, outcome, code, oneway },
        error: error && ConcealedFailure.inside(error),
        duration: micros / 1_000,
        stream: call instanceof StreamedCall,
        caller: callerOf(peer, callerId),
      });
    },
    refused({ method, oneway, caller, stream }, error, code, peer) {
      if (server.listenerCount('callEnded') === 0) return;
      const refused = { method, outcome: 'refused', code, error, duration: 0, oneway } as const;
      emit({ ...refused, stream: stream !== undefined, caller: callerOf(peer, caller) });
    },
  };
}
