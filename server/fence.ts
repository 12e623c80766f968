import { RpcCode, RpcError } from '../lib/errors.js';
import { quoted } from '../lib/quoted.js';
import type { Channel } from '../lib/serving/channel.js';
import type { Term } from '../lib/term.js';

/**
 * The channel of an elected server. Each call asks whether the server leads at that moment: a process that was stopped for longer than the
 * lease lasts has had no time to notice before the first call arrives.
 */
export function fencedChannel(channel: Channel, term: Term, leads: () => boolean): Channel {
  return {
    ...channel,
    term,
    invoke: (call) => {
      if (!leads()) return call.refuse(staleLeader(channel.name));
      call.term = term;
      channel.invoke(call);
    },
  };
}

function staleLeader(name: string | undefined): RpcError {
  const message = `this process leads ${quoted(name ?? 'the server')} no more: its lease in the registry is over, and another process may lead; the call was not started, and can be repeated`;
  return new RpcError(RpcCode.StaleLeader, message);
}
