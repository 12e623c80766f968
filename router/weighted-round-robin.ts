import { unfit } from '../lib/options.js';
import { type NonEmpty, SERVER_INFO_DEFAULTS, type ServerInfo } from '../lib/server-info.js';
import type { Router } from './router.js';

/** Credits of the servers of one type. Indices are those of `servers`. */
interface Round {
  readonly servers: readonly ServerInfo[];
  readonly weights: Float64Array;
  /** Sum of `weights`. */
  readonly total: number;
  /** Distance of each server from its share, in weights: above 0 behind, below 0 ahead. */
  readonly credits: Float64Array;
}

/**
 * Chooses servers by weight, as nginx's smooth weighted round robin does: at each choice every server earns its weight,
 * and the server with the most credit is chosen and pays for all. Weights 5, 1, 1 give a a b a c a a, never five in a
 * row.
 *
 * Weights are {@link ServerInfo.weight}, 1 where that is missing. A weight that is no number above 0 throws {@link
 * RpcCode.InvalidArgument}, naming the server. A choice reads every server of the type.
 */
export function weightedRoundRobin(): Router {
  // One round a type, that of its latest snapshot: a server that left is forgotten on the next pick.
  const rounds = new Map<string, Round>();
  return {
    name: 'weighted-round-robin',
    pick(servers, { serverType }) {
      let round = rounds.get(serverType);
      if (round?.servers !== servers) {
        round = nextRound(servers, round);
        rounds.set(serverType, round);
      }
      const { weights, total, credits } = round;
      let richest = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < credits.length; at++) {
        const credit = (credits[at] as number) + (weights[at] as number);
        credits[at] = credit;
        if (credit > most) {
          most = credit;
          richest = at;
        }
      }
      credits[richest] = most - total;
      return servers[richest] ?? servers[0];
    },
  };
}

/**
 * Makes the round of a changed list. A server that stays keeps its credit, so that a list which changes all the time
 * does not start with the first server each time. A server that joins begins at 0, so that leaving and joining again
 * gains nothing. Credits are carried over as shares of the total: a server whose weight falls from 100 to 1 would
 * otherwise repay a debt of 100 in ones.
 */
function nextRound(servers: NonEmpty<ServerInfo>, previous: Round | undefined): Round {
  const weights = Float64Array.from(servers, weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = new Map<string, number>();
  if (previous !== undefined) {
    const { total: before, credits } = previous;
    for (const [at, { id }] of previous.servers.entries()) shares.set(id, (credits[at] as number) / before);
  }
  const credits = Float64Array.from(servers, ({ id }) => (shares.get(id) ?? 0) * total);
  return { servers, weights, total, credits };
}

function weightOf({ id, weight = SERVER_INFO_DEFAULTS.weight }: ServerInfo): number {
  if (Number.isFinite(weight) && weight > 0) return weight;
  throw unfit(`weight of server "${id}"`, 'a number above 0', weight);
}
