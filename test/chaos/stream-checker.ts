import type { ViolationKind } from './checker.js';
import type { HistoryRecord, Read } from './history.js';

type Report = (kind: ViolationKind, what: string) => void;

/** Each item once and in order, and each generator finished once, unless its process was killed. */
export function checkStreams(records: readonly HistoryRecord[], report: Report): void {
  const over = new Set<string>();
  const generators = new Map<string, { readonly who: string; begun: number; finished: number }>();
  for (const record of records) {
    if (record.type === 'over') over.add(record.who);
    if (record.type === 'read') checkItems(record, report);
    if (record.type !== 'generator') continue;
    const name = `${record.client} ${record.token} at ${record.who}`;
    const noted = generators.get(name) ?? { who: record.who, begun: 0, finished: 0 };
    noted[record.what] += 1;
    generators.set(name, noted);
  }
  for (const [name, { who, begun, finished }] of generators) {
    if (finished > begun) report('generator finished twice', `${name}: ${finished} times`);
    if (finished < begun && over.has(who)) report('generator not finished', name);
  }
}

function checkItems({ who, client, token, way, items, total }: Read, report: Report): void {
  const name = `${client} ${token}, ${way}, read by ${who}: ${JSON.stringify(items.slice(0, 300))}`;
  if (items.includes(-1)) return report('wrong answer', name);
  const once = [...new Set(items)];
  if (once.length < items.length) report('item doubled', name);
  if (once.some((item, at) => at > 0 && item < (once[at - 1] as number))) report('items reordered', name);
  const wanted = total ?? Math.max(-1, ...once) + 1;
  if (once.length < wanted) report('item lost', `${name}, of ${wanted}`);
}
