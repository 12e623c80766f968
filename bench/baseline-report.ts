import type { BaselineTable, Figure, Row } from './baseline.js';
import { PAYLOADS } from './payload.js';
import { formatRate } from './report.js';
import type { RoundSettings } from './scenario.js';

/** The least ratio of calls/s that is wanted; undefined for none. */
export type GoalOf = (row: string, table: BaselineTable) => number | undefined;

export function formatBaselineSettings({ rounds, seconds, warmUpSeconds, cores }: RoundSettings): string {
  return [
    'echo between two processes on this machine, closed loop, every reply checked',
    `${rounds} rounds of ${seconds} s each, in turn, after ${warmUpSeconds} s of warm-up; new processes every 4 rounds`,
    cores === undefined
      ? 'client and server where the scheduler puts them'
      : `the server on core ${cores.server}, the client on core ${cores.client}`,
    'ratio: to the first row within a round, median of the rounds, and the range of the middle half. The second row is the',
    'first once more: its range is noise. A ratio with ~ lies within the noise.',
  ].join('\n');
}

export function formatBaselineTable(table: BaselineTable, goalOf: GoalOf = () => undefined): string {
  const hasLatency = table.rows.some((row) => 'p50' in row);
  const header = [
    ''.padEnd(20),
    'calls/s'.padStart(10),
    'ratio'.padStart(8),
    'middle half'.padStart(14),
    'cpu us'.padStart(10),
    'ratio'.padStart(8),
    'middle half'.padStart(14),
    ...(hasLatency ? ['p50 us'.padStart(10), 'ratio'.padStart(8)] : []),
  ].join('');
  const rows = table.rows.map((row) => formatRow(row, goalOf(row.name, table)));
  return [`${PAYLOADS[table.payload]}, ${table.inFlight} in flight`, header, ...rows].join('\n');
}

function formatRow(row: Row, goal: number | undefined): string {
  const name = `  ${row.name}`.padEnd(20);
  if ('error' in row) return `${name}  FAILED: ${row.error}`;
  const { callsPerSecond, cpuUsPerCall, p50 } = row;
  return [
    name,
    formatRate(callsPerSecond.median).padStart(10),
    ...ratioOf(callsPerSecond),
    cpuUsPerCall.median.toFixed(2).padStart(10),
    ...ratioOf(cpuUsPerCall),
    ...(p50 === undefined ? [] : [p50.median.toFixed(1).padStart(10), ratioOf(p50)[0]]),
    goal === undefined ? '' : formatGoal(callsPerSecond.ratio.median, goal),
  ].join('');
}

function ratioOf({ ratio, isWithinNoise }: Figure): [string, string] {
  return [
    `${isWithinNoise ? '~' : ''}${ratio.median.toFixed(2)}`.padStart(8),
    `${ratio.low.toFixed(2)} - ${ratio.high.toFixed(2)}`.padStart(14),
  ];
}

/** The ratio is judged as it is printed. */
function formatGoal(ratio: number, goal: number): string {
  return `   goal ${goal.toFixed(2)} ${Number(ratio.toFixed(2)) >= goal ? 'met' : 'MISSED'}`;
}
