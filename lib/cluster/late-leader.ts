import { RpcCode, RpcError } from '../errors.js';
import type { ResolvedClusterOptions } from './options.js';
import { placeInWords, placeWord } from './place-word.js';
import { lastErrorAtLeader } from './role/refusals.js';
import type { StartingReport } from './role/role-source.js';

/** Facts of a shared client that has had no role for too long. */
export interface LateLeader {
  readonly options: Pick<ResolvedClusterOptions, 'name' | 'endpoint' | 'election' | 'maxWaitTime'>;
  /** The real client of this process, while it is not ready. */
  readonly starting: StartingReport | undefined;
  /** Latest reason for which this process neither leads nor follows. */
  readonly obstacle: RpcError | undefined;
}

/** The last error of the real client, in this process or at the Leader. Undefined where that client has emitted none. */
export function lastErrorOf({ starting, obstacle }: LateLeader): Error | undefined {
  return starting === undefined ? lastErrorAtLeader(obstacle) : starting.lastError;
}

/** The reason for a call that has waited `ms`. */
export function whyNotLed({ options, starting, obstacle }: LateLeader, ms: number): string {
  const { name } = options;
  if (starting !== undefined) return `the real client of ${name}, in this process, was not ready after ${ms} ms`;
  const what = `no process had led ${name} ${placeInWords(options)} after ${ms} ms`;
  return obstacle === undefined ? what : `${what}; ${obstacle.message}`;
}

/** The error of `ready()`: the real client's own, or one with the reason. */
export function lateLeaderError(late: LateLeader): Error {
  const own = lastErrorOf(late);
  if (own !== undefined) return own;
  const { options, starting, obstacle } = late;
  const { name, maxWaitTime } = options;
  const why =
    starting === undefined
      ? (obstacle?.message ?? 'the first attempt to reach a Leader has not ended yet')
      : 'the real client in this process is not ready yet, and has emitted no error';
  // The first words are cluster-client's own.
  const message = `[ClusterClient] leader of "${name}" does not be active in ${maxWaitTime}ms ${placeWord(options)}: ${why}`;
  return new RpcError(RpcCode.Connect, message, { cause: obstacle });
}
