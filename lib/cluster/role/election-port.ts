import { describeHolder, identifyHolder } from '../../election/holder.js';
import { RpcCode, RpcError } from '../../errors.js';
import { Line, type LineHandler } from '../../follower/line.js';
import { findPortHere, type PortLease, takePortLease } from '../../leader/port-lease.js';
import type { Fence } from '../../serving/fence.js';
import type { ResolvedClusterOptions } from '../options.js';
import { doorOptions, lineToLeader } from './connection-options.js';

/** The port that the clients of one name compete for: the part of an election that touches the system. */
export interface ElectionPort {
  /** Takes the right to lead. Rejects with {@link RpcCode.AddressInUse} while another client or process has that right. */
  claim(): Promise<ClaimedPort>;
  /**
   * Connects to the Leader and registers. Rejects with {@link RpcCode.Connect} or {@link RpcCode.Register}. Resolves to undefined where
   * this process has become the one that may lead.
   */
  dial(handler: LineHandler, signal: AbortSignal): Promise<Line | undefined>;
  /** Describes the process that holds the port. Undefined where that is this process. */
  holder(): Promise<string | undefined>;
  /** Waits before the next attempt: for `ms`, or until another attempt is worth making, or `signal` aborts. @default for `ms` */
  pause?(ms: number, signal: AbortSignal): Promise<void>;
  /** Gives up what the port itself has open, after the last lease and line. */
  close?(): Promise<void>;
}

/** The right to lead. */
export interface ClaimedPort {
  readonly lease: PortLease;
  /** The right of an elected Leader to answer calls. @default the right lasts as long as the lease */
  readonly fence?: Fence;
  /** Resolves with the reason when this process leads no more. @default never */
  readonly lost?: Promise<RpcError>;
}

/** `onError` is called with the errors of the port that no call and no line has. */
export function electionPort(options: ResolvedClusterOptions, onError: (error: Error) => void): ElectionPort {
  const { name, endpoint } = options;
  const line = lineToLeader(options, endpoint);
  return {
    claim: async () => ({ lease: await takePortLease(name, doorOptions(options, options.endpoint, onError)) }),
    async dial(handler, signal) {
      const here = await findPortHere(name, endpoint);
      const released = new RpcError(
        RpcCode.ConnectionLost,
        `the client that led ${name} in this process has released the channel`,
      );
      // This process has the port and may lead: the channel is claimed again, without waiting to be refused.
      if (here !== undefined && here.released === undefined && options.isLeader !== false) throw released;
      const giveUp = new AbortController();
      void here?.released?.then(() => giveUp.abort(released));
      return Line.open(line, handler, AbortSignal.any([signal, giveUp.signal]));
    },
    async holder() {
      if ((await findPortHere(name, endpoint)) !== undefined) return undefined;
      return describeHolder(await identifyHolder(line), name);
    },
  };
}
