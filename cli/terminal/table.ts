import type { Paint, Style } from './paint.js';
import { fit, widthOf } from './text.js';

/** Column of a table whose rows are of one kind. */
export interface Column<Row> {
  readonly key: string;
  readonly head: string;
  /** Width in characters. The first column of a table takes what the others leave, and this at least. */
  readonly width: number;
  /** Columns with the highest numbers are the first to go where the terminal is too narrow. */
  readonly rank: number;
  /** Printable text of a row. */
  cell(row: Row): string;
  /** Style of the text. */
  style?(row: Row): Style | undefined;
}

/** Space between two columns. */
const GAP = 1;

/** The columns that fit into a width, in their order, with the width of each. The first one is always among them. */
export function fitColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly { readonly column: Column<Row>; readonly width: number }[] {
  const [first, ...rest] = columns as readonly [Column<Row>, ...Column<Row>[]];
  let left = width - first.width;
  const kept = new Set<Column<Row>>();
  for (const column of rest.toSorted((a, b) => a.rank - b.rank)) {
    if (left < column.width + GAP) break; // or a column of less worth would stand in the place of a wider one
    left -= column.width + GAP;
    kept.add(column);
  }
  const wanted = rows.reduce((widest, row) => Math.max(widest, widthOf(first.cell(row))), widthOf(first.head));
  const firstWidth = Math.max(Math.min(width, first.width), Math.min(wanted, first.width + Math.max(0, left)));
  return [
    { column: first, width: firstWidth },
    ...rest.filter((column) => kept.has(column)).map((column) => ({ column, width: column.width })),
  ];
}

/** One line of a table: the texts of the columns, the first one at the left and the others at the right of their columns. */
export function tableLine<Row>(
  columns: ReturnType<typeof fitColumns<Row>>,
  textOf: (column: Column<Row>) => string,
  paint: (text: string, column: Column<Row>) => string,
): string {
  return columns
    .map(({ column, width }, index) => paint(fit(textOf(column), width, index === 0 ? 'left' : 'right'), column))
    .join(' '.repeat(GAP));
}

/** Paints a cell in the style that the column has for the row. */
export function cellPainter<Row>(row: Row, paint: Paint): (text: string, column: Column<Row>) => string {
  return (text, column) => {
    const style = column.style?.(row);
    return style === undefined ? text : paint(text, style);
  };
}
