import { formatRate } from '../report.js';
import type { RatioRange } from '../statistics.js';
import type { GrowthSettings, KindFigures, SeriesFigures, StepFigures } from './rounds.js';

const RANGE_WIDTH = 22;

export function formatGrowthSettings({ rounds, seconds, warmUpSeconds, cores }: GrowthSettings): string {
  return [
    'echo over loopback, closed loop, every reply checked; each size has processes of its own',
    `${rounds} rounds of ${seconds} s, interleaved, after ${warmUpSeconds} s of warm-up at most; medians`,
    cores === undefined
      ? 'servers and callers where the scheduler puts them'
      : `servers on core ${cores.server}, callers on core ${cores.client}`,
    'x: to the smallest size of the same row in the same round, with the range of the middle half',
    'cpu us: CPU time of all processes for a call; server us: the part of the servers of that time',
  ].join('\n');
}

export function formatSeries({ title, unit, kinds }: SeriesFigures): string {
  return [title, ...kinds.flatMap((kind) => formatKind(kind, unit))].join('\n');
}

function formatKind({ kind, steps, error }: KindFigures, unit: string): string[] {
  if (error !== undefined) return [`  ${kind} FAILED: ${error}`];
  const hasHeld = steps.some(({ heldUs }) => heldUs !== undefined);
  const head = [
    `  ${kind}, ${unit}`.padEnd(28),
    'cpu us'.padStart(9),
    'x'.padStart(RANGE_WIDTH),
    'server us'.padStart(11),
    'x'.padStart(RANGE_WIDTH),
    'calls/s'.padStart(10),
    'x'.padStart(RANGE_WIDTH),
    hasHeld ? 'cpu us of a waiting call'.padStart(26) : '',
  ].join('');
  return [head, ...steps.map((step) => formatStep(step))];
}

function formatStep(step: StepFigures): string {
  return [
    `  ${step.size.toLocaleString('en-US')}`.padEnd(28),
    step.cpuUs.toFixed(2).padStart(9),
    formatRatio(step.cpuRatio).padStart(RANGE_WIDTH),
    step.serverUs.toFixed(2).padStart(11),
    formatRatio(step.serverRatio).padStart(RANGE_WIDTH),
    formatRate(step.callsPerSecond).padStart(10),
    formatRatio(step.rateRatio).padStart(RANGE_WIDTH),
    step.heldUs === undefined ? '' : step.heldUs.toFixed(2).padStart(26),
  ].join('');
}

function formatRatio({ median, low, high }: RatioRange): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} - ${high.toFixed(2)})`;
}
