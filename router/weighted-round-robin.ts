import { invalid } from '../lib/options.js';
import type { NonEmpty, ServerInfo } from '../lib/server-info.js';
import type { Router } from './router.js';

/** Where the servers of one type stand. Indices are those of `servers`. */
interface Round {
  readonly servers: readonly ServerInfo[];
  readonly weights: Float64Array;
  /** Sum of `weights`. */
  readonly total: number;
  /** How far each server is behind its share (above 0) or ahead of it (below 0), in weights. */
  readonly credits: Float64Array;
}

/**
 * Smooth weighted round robin, as nginx has it: on every pick each server earns its weight, and the richest serves
 * and pays for all. Weights 5, 1, 1 give a a b a c a a, never five in a row followed by the others.
 *
 * Weights are {@link ServerInfo.weight}, 1 where it is missing; one that is no number above 0 throws
 * {@link RpcCode.InvalidArgument}, which names the server. A pick looks at every server of the type.
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
 * Who stays keeps its standing, so that a list which changes all the time does not start with its first server each
 * time; who is new begins at 0, so that leaving and coming back gains nothing. Credits are kept as shares of the
 * total: a server whose weight falls from 100 to 1 would otherwise repay a debt of 100 in ones.
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

function weightOf({ id, weight = 1 }: ServerInfo): number {
  if (Number.isFinite(weight) && weight > 0) return weight;
  throw invalid(`weight of server '${id}' must be a number above 0, got ${String(weight)}`);
}
