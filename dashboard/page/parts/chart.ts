import { h } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { HistoryRow } from '../../snapshot.js';
import { html } from '../html.js';
import type { Course } from '../source/course.js';
import { loneSamples } from './lone-samples.js';

/** One line of a chart. Lines differ by their dashes too, not by colour alone. */
export interface Line {
  readonly row: HistoryRow;
  readonly name: string;
  /** Name of a colour in the style: `--line-1`. */
  readonly color: string;
  readonly dash?: readonly number[];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly course: Course;
  /** Changes with each state, so that the chart is drawn again. */
  readonly time: number;
  format(value: number | null | undefined): string;
}

const HEIGHT = 150;
/** Charts whose cursors move together. */
const TOGETHER = 'charts';

/** A chart of some rows of a course over minutes. */
export function chart(props: Props) {
  return h(Chart, { key: props.title, ...props });
}

function Chart({ title, lines, course, time, format }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(lines, format, element.clientWidth), dataOf(course, lines), element);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => made.redraw(false, true);
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      sizes.disconnect();
      made.destroy();
    };
  }, []);
  // The course grows in place; the time says when.
  useEffect(() => plot.current?.setData(dataOf(course, lines)), [time, course]);
  return html`<section class="chart">
    <h3>${title}</h3>
    <ul class="lines">${lines.map(
      ({ row, name, color, dash = [] }) => html`<li key=${row}>
      <svg viewBox="0 0 22 8" width="22" height="8" aria-hidden="true"><path d="M1 4h20" style=${{ stroke: `var(${color})` }} stroke-dasharray=${dash.join(' ')} /></svg>
      ${name} <b>${format(course.rows[row].at(-1))}</b></li>`,
    )}</ul>
    <div class="plot" ref=${place} role="img" aria-label=${described(title, lines, course, format)}></div>
  </section>`;
}

/** Words in the place of the picture. */
function described(title: string, lines: readonly Line[], { rows, times }: Course, format: Props['format']): string {
  const words = lines.map(({ row, name }) => {
    const known = rows[row].filter((value) => value !== null);
    return known.length === 0
      ? `${name}: not known`
      : `${name}: most ${format(known.reduce((most, each) => Math.max(most, each), 0))}`;
  });
  const minutes = Math.round(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 60);
  return `${title} over ${minutes} minutes. ${words.join(', ')}`;
}

function dataOf({ times, rows }: Course, lines: readonly Line[]): uPlot.AlignedData {
  return [times, ...lines.map(({ row }) => rows[row])];
}

function optionsOf(lines: readonly Line[], format: Props['format'], width: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colorOf('--dim'),
    grid: { stroke: () => colorOf('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: Math.max(width, 100),
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: TOGETHER }, drag: { setScale: false, x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most ?? 0, Number.MIN_VALUE) * 1.08 || 1] } },
    axes: [
      {
        ...axis,
        space: (_plot, _axis, _least, _most, width) => (width > 500 ? 84 : 48),
        size: 24,
        values: (_plot, values) => values.map((value) => timeOf(value)),
      },
      { ...axis, space: 32, size: 62, values: (_plot, values) => values.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map(({ row, color, dash = [] }) => ({
        label: row,
        stroke: () => colorOf(color),
        width: 1.5,
        dash: [...dash],
        points: {
          ...{ show: false, size: 4, stroke: () => colorOf(color), fill: () => colorOf(color) },
          filter: (plot: uPlot, at: number) => loneSamples(plot.data[at] ?? []),
        },
      })),
    ],
  };
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toTimeString().slice(0, seconds % 60 === 0 ? 5 : 8);
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
