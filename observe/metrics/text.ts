import { FAMILIES, type FamilyName, type Labels } from './families.js';
import { histogramOf, type Series, type Snapshot } from './snapshot.js';

/** Type of the text format. Prometheus 3 refuses an answer without a type, or with `text/plain` alone. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes metrics in Prometheus' text format 0.0.4. A metric without a series is left out. */
export function textOf(snapshot: Snapshot): string {
  let text = '';
  for (const name of Object.keys(FAMILIES) as FamilyName[]) {
    const all = snapshot.series(name);
    if (all.length === 0) continue;
    const { help, type } = FAMILIES[name];
    text += `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
    for (const series of all) text += linesOf(name, series);
  }
  return text;
}

function linesOf(name: FamilyName, { labels, value, latency }: Series): string {
  const written = labelText(labels);
  const inBraces = written === '' ? '' : `{${written}}`;
  if (latency === undefined) return `${name}${inBraces} ${value}\n`;
  const { buckets, sum, count } = histogramOf(latency);
  const before = written === '' ? '' : `${written},`;
  let lines = '';
  for (const [le, upTo] of buckets) lines += `${name}_bucket{${before}le="${le}"} ${upTo}\n`;
  return `${lines}${name}_sum${inBraces} ${sum}\n${name}_count${inBraces} ${count}\n`;
}

/** A label without a value is no label. */
function labelText(labels: Labels): string {
  let text = '';
  for (const [name, value] of Object.entries(labels))
    if (value !== '') text += `${text === '' ? '' : ','}${name}="${escaped(value).replaceAll('"', '\\"')}"`;
  return text;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
