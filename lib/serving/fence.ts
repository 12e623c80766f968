import { RpcCode, RpcError } from '../errors.js';
import { quoted } from '../quoted.js';
import type { Term } from '../term.js';
import type { Channel } from './channel.js';
import type { IncomingCall } from './incoming-call.js';

/** Right of an elected Leader to answer calls. */
export interface Fence {
  readonly term: Term;
  /** Whether the process leads in this term at the moment: a comparison of clocks. */
  leads(): boolean;
}

/**
 * The channel of an elected Leader. Each call asks whether the process leads at that moment: a process that was stopped for longer than the
 * lease lasts has had no time to notice before the first call arrives.
 */
export function fencedChannel(channel: Channel, fence: Fence): Channel {
  return {
    ...channel,
    term: fence.term,
    invoke: (call) => {
      if (passes(call, fence, channel.name)) channel.invoke(call);
    },
  };
}

/** Gives the call the term of its Leader. False, and the call is refused, where the process leads no more. */
export function passes(call: IncomingCall, fence: Fence, name: string | undefined): boolean {
  if (!fence.leads()) {
    call.refuse(staleLeader(name));
    return false;
  }
  call.term = fence.term;
  return true;
}

/** The error of a call that this process may not start any more. */
export function staleLeader(name: string | undefined): RpcError {
  const message = `this process leads ${quoted(name ?? 'the server')} no more: its lease in the registry is over, and another process may lead; the call was not started, and can be repeated`;
  return new RpcError(RpcCode.StaleLeader, message);
}
