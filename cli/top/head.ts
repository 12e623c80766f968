import { printable } from '../../lib/quoted.js';
import type { FleetSample } from '../../observe/fleet/index.js';
import { latency, percent, rate, short, span } from '../terminal/numbers.js';
import type { Paint } from '../terminal/paint.js';
import { cut, fit, widthOf } from '../terminal/text.js';
import { runningOf } from './columns.js';
import type { View } from './view.js';

/** Lines above the table: the fleet, its totals, and what deserves attention. */
export function headLines(
  sample: FleetSample,
  view: View,
  every: number,
  width: number,
  paint: Paint,
): readonly string[] {
  const lines = [
    titleLine(sample, view, every, width, paint),
    ...wrapped(totals(sample), width),
    ...noteLines(sample, width).map((line) => paint(line, 'yellow')),
  ];
  if (view.filter !== '' && !view.isTyping) lines.push(cut(`filter: ${printable(view.filter)}`, width));
  return [...lines, ''];
}

function titleLine(
  { servers, methods, time }: FleetSample,
  view: View,
  every: number,
  width: number,
  paint: Paint,
): string {
  const away = servers.filter(({ state }) => state !== 'answered').length;
  const parts = [
    `${servers.length} ${servers.length === 1 ? 'server' : 'servers'}${away > 0 ? `, ${away} away` : ''}`,
    `${methods.length} ${methods.length === 1 ? 'method' : 'methods'}`,
    `every ${every % 1_000 === 0 ? span(every) : latency(every)}`,
  ];
  const clock = new Date(time).toTimeString().slice(0, 8);
  const state = view.isPaused ? `PAUSED ${clock}` : clock;
  const text = cut(`mailstation top  ${parts.join('  ')}`, Math.max(0, width - widthOf(state) - 1));
  return (
    paint(fit(text, Math.max(0, width - widthOf(state))), 'bold') + (view.isPaused ? paint(state, 'inverse') : state)
  );
}

/** Totals of all servers, as parts that stay together. */
function totals({ servers, rates }: FleetSample): readonly string[] {
  const waiting = servers.reduce((sum, { report }) => sum + (report?.load.queued ?? 0), 0);
  const running = servers.reduce((sum, server) => sum + (runningOf(server) ?? 0), 0);
  const streams = servers.reduce((sum, { report }) => sum + (report?.load.streams ?? 0), 0);
  return [
    `calls ${rate(rates?.calls)}/s`,
    `ok ${percent(rates?.success)}`,
    `p50 ${latency(rates?.p50)}`,
    `p95 ${latency(rates?.p95)}`,
    `p99 ${latency(rates?.p99)}`,
    `max ${latency(rates?.max)}`,
    `running ${short(running)}`,
    `waiting ${short(waiting)}`,
    `streams ${short(streams)}`,
  ];
}

/** Lines about what a reader would miss in the table: why calls fail, and why there are no figures. */
export function noteLines({ servers, rates }: FleetSample, width: number): readonly string[] {
  const notes: string[] = [];
  const codes = Object.entries(rates?.codes ?? {}).sort(([, a], [, b]) => b - a);
  if (codes.length > 0)
    notes.push(`failing: ${codes.map(([code, each]) => `${printable(code)} ${rate(each)}/s`).join(', ')}`);
  const mute = servers.filter(({ report }) => report?.counting === false);
  if (mute.length > 0) {
    const names = mute.length === 1 ? printable((mute[0] as { id: string }).id) : `${mute.length} servers`;
    notes.push(`${names} ${mute.length === 1 ? 'counts' : 'count'} no calls: createServer({ callStats: false })`);
  }
  return notes.map((note) => cut(note, width));
}

/** Puts parts into lines, none of which is wider than the terminal. */
function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 2 + widthOf(part) <= width) lines[lines.length - 1] = `${line}  ${part}`;
    else lines.push(cut(part, width));
  }
  return lines;
}
