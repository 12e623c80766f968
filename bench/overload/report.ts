import { formatRate } from '../report.js';
import type { OverloadFigures, PhaseFigures } from './run.js';

const MIB = 2 ** 20;

export function formatCase(figures: OverloadFigures): string {
  const { name, capacity, before, overload, started, backAfterMs, rssBefore, rssPeak, lateMs } = figures;
  const back =
    backAfterMs === undefined ? 'not back when the run ended' : `back after ${(backAfterMs / 1_000).toFixed(2)} s`;
  return [
    `${name}: ${formatRate(capacity)} answers/s in a closed loop`,
    `  at half of that: ${formatPhase(before, capacity)}`,
    `  at twice of that: ${formatPhase(overload, capacity)}`,
    `    started ${formatRate(started)}/s; failed a second: ${formatCodes(overload.failed)}`,
    `  latency ${back}; server's memory ${(rssBefore / MIB).toFixed(0)} MiB before, ${(rssPeak / MIB).toFixed(0)} MiB at most; calls made late by ${lateMs.toFixed(1)} ms (p99)`,
  ].join('\n');
}

function formatPhase({ offered, good, p50, p99 }: PhaseFigures, capacity: number): string {
  const latency = p50 === undefined ? 'none answered' : `p50 ${p50.toFixed(1)} ms, p99 ${(p99 ?? p50).toFixed(1)} ms`;
  return `offered ${formatRate(offered)}/s, good ${formatRate(good)}/s (${(good / capacity).toFixed(2)} of the capacity), ${latency}`;
}

function formatCodes(failed: Record<string, number>): string {
  const codes = Object.entries(failed).map(([code, rate]) => `${code} ${formatRate(rate)}`);
  return codes.length === 0 ? 'none' : codes.join(', ');
}
