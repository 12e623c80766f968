import type { PortLease } from '../../leader/port-lease.js';
import type { Channel } from '../../serving/channel.js';
import type { ElectionPort } from '../role/election-port.js';

/**
 * The election over all machines, for the process that has the place of a machine: once elected, the process leads at both places, so that the other
 * processes of the machine reach the real client without a relay. `near`: the right to lead at the place of the machine, under the name
 * `channel`.
 */
export function machinePort(far: ElectionPort, near: PortLease, channel: string): ElectionPort {
  return {
    ...{ dial: far.dial.bind(far), holder: far.holder.bind(far) },
    ...(far.pause && { pause: far.pause.bind(far) }),
    ...(far.close && { close: far.close.bind(far) }),
    claim: async () => {
      const claimed = await far.claim();
      return { ...claimed, lease: bothLeases(claimed.lease, near, channel) };
    },
  };
}

/** The place of the machine stays taken when the election is lost. */
function bothLeases(far: PortLease, near: PortLease, name: string): PortLease {
  return {
    starting: (lastError) => {
      far.starting?.(lastError);
      near.starting?.(lastError);
    },
    lead: (channel) => {
      far.lead(channel);
      near.lead(named(channel, name));
    },
    withdraw: async (reason, timeoutMs) => {
      await Promise.all([far.withdraw(reason, timeoutMs), near.withdraw(reason, timeoutMs)]);
    },
    release: (reason) => far.release(reason),
  };
}

/** The same channel under another name. */
function named(channel: Channel, name: string): Channel {
  const { refusal, failure, topics, term, codec, missing, failed } = channel;
  return {
    name,
    invoke: (call) => channel.invoke(call),
    ...(missing && { missing: missing.bind(channel) }),
    ...(failed && { failed: failed.bind(channel) }),
    ...(refusal !== undefined && { refusal }),
    ...(failure && { failure }),
    ...(topics && { topics }),
    ...(term && { term }),
    ...(codec && { codec }),
  };
}
