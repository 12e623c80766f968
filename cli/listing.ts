import type { Paint } from './terminal/paint.js';
import { cut, fit, widthOf } from './terminal/text.js';

/** Column of a listing: one printed table, whose columns are as wide as their contents. */
export interface ListingColumn<Row> {
  readonly head: string;
  /** Printable text. */
  cell(row: Row): string;
  /** Side at which the text stands. @default 'left' */
  readonly align?: 'left' | 'right';
  /** Columns with the highest numbers are the first to go where the terminal is too narrow; 0: stays. @default 0 */
  readonly rank?: number;
}

const GAP = '  ';
/** Columns that stay are cut down to this width, the widest first. */
const MIN_WIDTH = 8;

/** Lines of a listing. `width`: columns of the terminal; undefined for a pipe, where nothing is cut or left out. */
export function listing<Row>(
  columns: readonly ListingColumn<Row>[],
  rows: readonly Row[],
  width: number | undefined,
  paint: Paint,
): string[] {
  const measured = columns.map((column) => {
    const cells = rows.map((row) => column.cell(row));
    const width = cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), widthOf(column.head));
    return { column, cells, width };
  });
  const kept = width === undefined ? measured : fitted(measured, width);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => fit(text, kept[at]?.width ?? 0, kept[at]?.column.align ?? 'left'))
      .join(GAP)
      .trimEnd();
  const head = line(kept.map(({ column }) => column.head.toUpperCase()));
  return [paint(head, 'bold'), ...rows.map((_, at) => line(kept.map(({ cells }) => cells[at] ?? '')))];
}

/** The columns that fit into a width, with narrower ones where all that are left must stay. */
function fitted<Measured extends { readonly column: { readonly rank?: number }; readonly width: number }>(
  columns: readonly Measured[],
  width: number,
): readonly Measured[] {
  let kept = [...columns];
  const total = (): number => kept.reduce((sum, column) => sum + column.width, GAP.length * (kept.length - 1));
  while (total() > width) {
    const last = kept.reduce((worst, { column: { rank = 0 } }) => Math.max(worst, rank), 0);
    if (last === 0) break;
    kept = kept.filter(({ column: { rank = 0 } }) => rank < last);
  }
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = kept.reduce((a, b) => (b.width > a.width ? b : a));
    if (widest.width <= MIN_WIDTH) break;
    const others = kept
      .filter((column) => column !== widest)
      .reduce((most, each) => Math.max(most, each.width), MIN_WIDTH);
    const to = Math.max(others === widest.width ? widest.width - 1 : others, widest.width - over, MIN_WIDTH);
    kept = kept.map((column) => (column === widest ? { ...column, width: to } : column));
  }
  return kept;
}

/** A text as lines of a width, broken at spaces where that is possible, each behind the indent. */
export function wrapped(text: string, width: number | undefined, indent = ''): string[] {
  if (width === undefined) return [indent + text];
  const room = Math.max(MIN_WIDTH, width - widthOf(indent));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > room) {
      const head = cut(line, room + 1).slice(0, -1); // without the mark of what is missing
      if (head === '') break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines.map((each) => indent + each);
}
