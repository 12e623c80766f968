import type { Size } from '../terminal/frame.js';
import type { Paint } from '../terminal/paint.js';
import { cut } from '../terminal/text.js';
import type { TopColumn } from './columns.js';

/** The keys that matter most come first: a narrow terminal shows the begin of the line. */
export const KEY_LINE = 'q quit  tab servers/methods  ←→ sort  / filter  p pause  ? help  r reverse  ↑↓ scroll';

const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['tab, s, m', 'servers or methods'],
  ['← →', 'sort by the column at the left or right'],
  ['r', 'reverse the order'],
  ['/', 'filter: names, types, addresses, reasons, codes'],
  ['escape', 'no filter'],
  ['p, space', 'pause the picture, and go on'],
  ['↑ ↓ j k', 'scroll; page up, page down, home, end'],
  ['ctrl-l', 'draw the screen again'],
  ['ctrl-z', 'suspend'],
  ['q, ctrl-c', 'quit'],
];

/** The page of help: the keys, and the meaning of each column. */
export function helpLines(
  columns: readonly TopColumn<never>[],
  { columns: width, rows }: Size,
  paint: Paint,
): string[] {
  const lines = [
    paint('keys', 'bold'),
    ...KEYS.map(([key, does]) => `  ${key.padEnd(11)} ${does}`),
    paint('columns', 'bold'),
    ...columns.map(({ head, meaning }) => `  ${head.padEnd(11)} ${meaning}`),
  ];
  const cuts = lines.map((line) => (line.startsWith('  ') ? cut(line, width) : line));
  return [...cuts.slice(0, rows - 1), paint(cut('any key: back to the table', width), 'dim')];
}
