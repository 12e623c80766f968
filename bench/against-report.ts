import type { AgainstSummary, Comparison } from './against.js';
import { PAYLOADS } from './payload.js';
import { formatRate } from './report.js';
import type { RoundSettings } from './scenario.js';
import type { RatioRange } from './statistics.js';

export function formatAgainstSettings(build: string, { rounds, seconds, warmUpSeconds, cores }: RoundSettings): string {
  return [
    `this build against ${build}`,
    `${rounds} rounds of ${seconds} s each, in turn, after ${warmUpSeconds} s of warm-up; new processes every 4 rounds`,
    cores === undefined
      ? 'client and server where the scheduler puts them'
      : `the server on core ${cores.server}, the client on core ${cores.client}`,
    'ratio: this build to the other within a round; same build: this build to itself. Median of the rounds, and the range',
    'of the middle half. A ratio whose median lies within the range of the same build is noise.',
  ].join('\n');
}

export function formatAgainst(summary: AgainstSummary): string {
  const title = `${PAYLOADS[summary.payload]}, ${summary.inFlight} in flight`;
  if ('error' in summary) return `${title}\n  FAILED: ${summary.error}`;
  const header = [
    ''.padEnd(16),
    'this'.padStart(10),
    'other'.padStart(10),
    'ratio'.padStart(8),
    'middle half'.padStart(16),
    'same build'.padStart(12),
    'middle half'.padStart(16),
  ].join('');
  return [
    title,
    header,
    line('cpu us a call', summary.cpuUsPerCall, (us) => us.toFixed(2), 'cheaper', 'DEARER'),
    line('calls/s', summary.callsPerSecond, formatRate, 'SLOWER', 'faster'),
  ].join('\n');
}

/** `under` and `over` say what a ratio under and over 1 means. */
function line(name: string, compared: Comparison, format: (n: number) => string, under: string, over: string): string {
  const { own, other, ratio, same, isWithinNoise } = compared;
  const finding = `${ratio.median < 1 ? under : over} than the other build`;
  return [
    `  ${name}`.padEnd(16),
    format(own).padStart(10),
    format(other).padStart(10),
    ratio.median.toFixed(3).padStart(8),
    formatRange(ratio).padStart(16),
    same.median.toFixed(3).padStart(12),
    formatRange(same).padStart(16),
    `   ${isWithinNoise ? 'no finding' : finding}`,
  ].join('');
}

function formatRange({ low, high }: RatioRange): string {
  return `${low.toFixed(3)} - ${high.toFixed(3)}`;
}
