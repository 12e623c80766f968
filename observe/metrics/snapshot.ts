import { countsUpTo, type Latency, mergedLatency } from '../../lib/latency-histogram.js';
import { escapeControls } from '../../lib/quoted.js';
import type { FamilyName, Labels } from './families.js';

/** Boundaries that the conventions of OpenTelemetry give for the duration of a call, as they are written. Unit: s */
const BOUNDARIES = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.075',
  '0.1',
  '0.25',
  '0.5',
  '0.75',
  '1',
  '2.5',
  '5',
  '7.5',
  '10',
];
const BOUNDARIES_MICROS = BOUNDARIES.map((seconds) => Math.round(Number(seconds) * 1e6));

/** Longest value of a label. Unit: characters */
const MAX_LABEL = 256;

/** One combination of labels of a counter or a gauge, or of a histogram, whose latencies then count in place of the value. */
export interface Series {
  readonly labels: Labels;
  value: number;
  latency: Latency | undefined;
}

/** A histogram in Prometheus' form. */
export interface Histogram {
  /** Calls up to each boundary: its text, and their number. The last one is `+Inf`. */
  readonly buckets: readonly (readonly [le: string, count: number])[];
  /** Unit: s */
  readonly sum: number;
  readonly count: number;
}

/** All series of one moment. Values that are added under the same labels add up, so that no series is there twice. */
export class Snapshot {
  readonly #families = new Map<FamilyName, Map<string, Series>>();

  /** Adds to a counter or a gauge. */
  add(name: FamilyName, labels: Labels, value: number): void {
    this.#at(name, labels).value += value;
  }

  /** Raises a gauge to a value, where the gauge is lower. */
  raise(name: FamilyName, labels: Labels, value: number): void {
    const series = this.#at(name, labels);
    series.value = Math.max(series.value, value);
  }

  /** Adds to a histogram. */
  addLatency(name: FamilyName, labels: Labels, latency: Latency): void {
    if (latency.count === 0) return;
    const series = this.#at(name, labels);
    series.latency = series.latency === undefined ? latency : mergedLatency([series.latency, latency]);
  }

  series(name: FamilyName): readonly Series[] {
    return [...(this.#families.get(name)?.values() ?? [])];
  }

  #at(name: FamilyName, given: Labels): Series {
    const labels = labelsOf(given);
    const key = Object.values(labels).join('\0'); // the labels of a family have the same names, and no controls
    let family = this.#families.get(name);
    if (family === undefined) {
      family = new Map();
      this.#families.set(name, family);
    }
    let series = family.get(key);
    if (series === undefined) {
      series = { labels, value: 0, latency: undefined };
      family.set(key, series);
    }
    return series;
  }
}

/** Labels as they are written: without characters that a terminal would obey, and of a length that every store takes. */
function labelsOf(given: Labels): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) labels[name] = labelOf(value);
  return labels;
}

function labelOf(value: string): string {
  const isPlain = /^[ -~]*$/.test(value);
  const shown = isPlain ? value : escapeControls(value).replaceAll('\t', '\\u0009').replaceAll('\n', '\\u000a');
  const cut = shown.length <= MAX_LABEL ? shown : `${shown.slice(0, MAX_LABEL - 3)}...`;
  return isPlain ? cut : cut.toWellFormed();
}

/** A latency in Prometheus' form. */
export function histogramOf(latency: Latency): Histogram {
  const { count, sum } = latency;
  const counts = countsUpTo(latency, BOUNDARIES_MICROS);
  const buckets = BOUNDARIES.map((le, at) => [le, counts[at] ?? 0] as const);
  return { buckets: [...buckets, ['+Inf', count]], sum: sum / 1e6, count };
}
