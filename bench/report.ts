import type { Environment } from './environment.js';
import { BASELINE, goalOf } from './goals.js';
import { PAYLOADS } from './payload.js';
import type { RoundSettings } from './scenario.js';
import type { Spread } from './statistics.js';
import type { PeerSummary, ScenarioSummary } from './summary.js';

const NAME_WIDTH = 18;

export function formatEnvironment(environment: Environment): string {
  const { date, mailstation, node, v8, platform, cpu, cores, memoryGiB, loadAverage, nodeOptions } = environment;
  const lines = [
    `mailstation ${mailstation}, node ${node} (V8 ${v8}), ${platform}, ${date}`,
    `${cores} x ${cpu}, ${memoryGiB} GiB; load average ${loadAverage.toFixed(2)} at the start`,
  ];
  if (loadAverage > cores / 2) lines.push('The machine is busy with other work: a quiet one gives other figures.');
  if (nodeOptions !== '') lines.push(`NODE_OPTIONS=${nodeOptions}`);
  return lines.join('\n');
}

export function formatSettings({ rounds, seconds, warmUpSeconds, cores }: RoundSettings): string {
  return [
    'echo between two processes over loopback, closed loop, every reply checked',
    `${rounds} rounds of ${seconds} s a peer, interleaved, after ${warmUpSeconds} s of warm-up`,
    cores === undefined
      ? 'client and server where the scheduler puts them'
      : `the server on core ${cores.server}, the client on core ${cores.client}`,
    `calls/s: median of the rounds; ratio: to ${BASELINE} in the same round, median of the rounds`,
    'cpu us: CPU time of both processes for one call',
  ].join('\n');
}

export function formatScenario(summary: ScenarioSummary): string {
  const hasLatency = summary.peers.some((peer) => 'latencyUs' in peer);
  const title = `${PAYLOADS[summary.payload]}, ${summary.inFlight} in flight`;
  const header = [
    '  peer'.padEnd(NAME_WIDTH + 2),
    'calls/s'.padStart(9),
    'min - max'.padStart(19),
    'ratio'.padStart(7),
    'min - max'.padStart(13),
    'cpu us'.padStart(9),
    ...(hasLatency ? ['p50 us'.padStart(8), 'p99 us'.padStart(8)] : []),
  ].join('');
  return [title, header, ...summary.peers.map((peer) => formatPeer(peer, summary))].join('\n');
}

function formatPeer(peer: PeerSummary, scenario: ScenarioSummary): string {
  const name = `  ${peer.name.padEnd(NAME_WIDTH)}`;
  if ('error' in peer) return `${name}  FAILED: ${peer.error}`;
  const { callsPerSecond, ratio, cpuUsPerCall, latencyUs } = peer;
  return [
    name,
    formatRate(callsPerSecond.median).padStart(9),
    formatRange(callsPerSecond, formatRate).padStart(19),
    (ratio === undefined ? '-' : formatRatio(ratio.median)).padStart(7),
    (ratio === undefined ? '-' : formatRange(ratio, formatRatio)).padStart(13),
    cpuUsPerCall.toFixed(2).padStart(9),
    ...(latencyUs === undefined ? [] : [latencyUs.p50.toFixed(1).padStart(8), latencyUs.p99.toFixed(1).padStart(8)]),
    ratio === undefined ? '' : formatGoal(ratio.median, peer.name, scenario),
  ].join('');
}

/** The ratio is judged as it is printed, so that a line never says "1.00, under 1.00". */
function formatGoal(ratio: number, peer: string, scenario: ScenarioSummary): string {
  const goal = goalOf(peer, scenario);
  if (goal === undefined) return '';
  const printed = Number(formatRatio(ratio));
  const judge = (wanted: number) => `${formatRatio(wanted)} ${printed >= wanted ? 'met' : 'MISSED'}`;
  return `   floor ${judge(goal.floor)}, goal ${judge(goal.goal)}`;
}

function formatRange({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)} - ${format(max)}`;
}

export function formatRate(callsPerSecond: number): string {
  return Math.round(callsPerSecond).toLocaleString('en-US');
}

function formatRatio(ratio: number): string {
  return ratio.toFixed(2);
}
