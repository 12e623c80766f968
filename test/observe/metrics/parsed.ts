import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import parse from 'parse-prometheus-text-format';

type Labels = Readonly<Record<string, string>>;

interface ParsedHistogram {
  readonly buckets: ReadonlyMap<string, number>;
  readonly count: number;
  readonly sum: number;
}

/** Metrics as a parser of the text format reads them. Labels are given whole. */
export interface Parsed {
  type(name: string): string | undefined;
  value(name: string, labels: Labels): number | undefined;
  histogram(name: string, labels: Labels): ParsedHistogram | undefined;
  labelsOf(name: string): Iterable<Labels>;
  /** All series that may only grow: counters, and the buckets, counts and sums of histograms. */
  counters(): Map<string, number>;
}

/** Reads the text, which must name each series once, and say what each metric is before its series. */
export function parsed(body: string): Parsed {
  checkLines(body);
  const types = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const samples = samplesOf(body);
  const of = (name: string, labels: Labels, without?: string) =>
    samples.filter((each) => each.name === name && isDeepStrictEqual(omit(each.labels, without), labels));
  const typeOf = (name: string) => types.get(name) ?? types.get(name.replace(/_(?:bucket|sum|count)$/, ''));
  return {
    type: (name) => types.get(name),
    value: (name, labels) => of(name, labels)[0]?.value,
    histogram(name, labels) {
      const buckets = of(`${name}_bucket`, labels, 'le').map(({ labels: { le = '' }, value }) => [le, value] as const);
      const [count, sum] = [of(`${name}_count`, labels)[0], of(`${name}_sum`, labels)[0]];
      if (count === undefined || sum === undefined) return undefined;
      return { buckets: new Map(buckets), count: count.value, sum: sum.value };
    },
    labelsOf: (name) =>
      samples.filter((each) => each.name === name || each.name === `${name}_count`).map(({ labels }) => labels),
    counters() {
      const growing = samples.filter(({ name }) => ['counter', 'histogram'].includes(typeOf(name) ?? ''));
      return new Map(growing.map(({ name, labels, value }) => [`${name}${JSON.stringify(labels)}`, value]));
    },
  };
}

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * Every line as the parser reads it. The parser makes one histogram of all that have labels (findings/parse-prometheus-text-format-histograms.sh),
 * so it is not told that a metric is one.
 */
function samplesOf(body: string): readonly Sample[] {
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.flatMap((line) =>
    parse(`${line}\n`).flatMap(({ name, metrics }) =>
      metrics.map(({ labels = {}, value }) => ({ name, labels, value: Number(value) })),
    ),
  );
}

function omit(labels: Labels, name: string | undefined): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([each]) => each !== name));
}

/** Faults that Prometheus refuses and the parser lets through: series that are there twice, a text without an end of line, no numbers. */
function checkLines(body: string): void {
  assert.ok(body.endsWith('\n'));
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  // A label may have a space, and the number has none.
  const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  assert.equal(new Set(series).size, series.length, 'a series is there twice');
  for (const line of lines)
    assert.match(line, /^[a-z_][a-z0-9_]*(?:\{(?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)+\})? (?:[\d.e+-]+|Nan)$/);
  const heads = [...body.matchAll(/^# (HELP|TYPE) (\S+)/gm)].map(([, kind, name]) => `${kind} ${name}`);
  assert.equal(new Set(heads).size, heads.length);
}
