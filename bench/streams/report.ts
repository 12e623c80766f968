import { formatRate } from '../report.js';
import { median, ratioRange } from '../statistics.js';
import type { StreamLoad } from './host-protocol.js';
import { ITEMS } from './items.js';
import type { PeerRounds } from './rounds.js';

const OURS = 'mailstation';
const GRPC = 'grpc';
/** Another build of mailstation, and this build once more: what that one differs by is noise. */
export const BUILDS = { other: 'other build', again: 'same build' };

const NO_OTHERS: readonly string[] = [OURS, GRPC, ...Object.values(BUILDS)];

/** How many times less CPU an item takes with mailstation than with the peer: the least that is allowed, and the goal. */
interface Goal {
  readonly floor?: number;
  readonly goal: number;
}

const GRPC_GOAL: Goal = { floor: 3, goal: 4 };
/** For the best of the peers beside grpc. */
const OTHERS_GOAL: Goal = { goal: 2 };

/** A table of one load: the peers by the CPU time of an item. The ratio is that to mailstation within a round. */
export function formatLoad({ kind, streams, items }: StreamLoad, peers: readonly PeerRounds[]): string {
  const ours = peers.find(({ name }) => name === OURS);
  const baseline = ours !== undefined && 'rounds' in ours ? ours.rounds : [];
  const best = bestOther(peers);
  const lines = peers.map((peer) => {
    const name = `  ${peer.name}`.padEnd(16);
    if ('error' in peer) return `${name}  FAILED: ${peer.error}`;
    const cpu = peer.rounds.map(({ cpuUs }) => cpuUs);
    const rate = median(peer.rounds.map(({ itemsPerSecond }) => itemsPerSecond));
    const row = `${name}${formatRate(rate).padStart(12)}${median(cpu).toFixed(2).padStart(12)}`;
    if (baseline.length === 0 || peer.name === OURS) return row;
    const ratio = ratioRange(
      cpu,
      baseline.map(({ cpuUs }) => cpuUs),
    );
    const range = `${ratio.low.toFixed(2)} - ${ratio.high.toFixed(2)}`;
    const goal = peer.name === GRPC ? GRPC_GOAL : peer.name === best ? OTHERS_GOAL : undefined;
    return `${row}${ratio.median.toFixed(2).padStart(10)}${range.padStart(16)}${formatGoal(ratio.median, goal)}`;
  });
  const header = `${''.padEnd(16)}${'items/s'.padStart(12)}${'cpu us'.padStart(12)}${'cpu ratio'.padStart(10)}${'middle half'.padStart(16)}`;
  return [`${ITEMS[kind]}; ${streams} at once, ${items} items each`, header, ...lines].join('\n');
}

/** The peer beside grpc that takes the least CPU time. */
function bestOther(peers: readonly PeerRounds[]): string | undefined {
  const others = peers.flatMap((peer) => {
    if ('error' in peer || NO_OTHERS.includes(peer.name)) return [];
    return [{ name: peer.name, cpu: median(peer.rounds.map(({ cpuUs }) => cpuUs)) }];
  });
  return others.sort((a, b) => a.cpu - b.cpu)[0]?.name;
}

function formatGoal(ratio: number, goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if (ratio >= goal.goal) return `   goal ${goal.goal} met`;
  const floor = goal.floor === undefined ? '' : `, floor ${goal.floor} ${ratio >= goal.floor ? 'met' : 'MISSED'}`;
  return `   goal ${goal.goal} MISSED${floor}`;
}
