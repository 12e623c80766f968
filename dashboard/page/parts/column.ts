import type { Content } from '../html.js';

/** Order in which columns are left out where there is little room: 4 first, 2 last, 1 never. */
export type Weight = 1 | 2 | 3 | 4;

/** A column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly name: string;
  /** Value to sort by; null sorts last. */
  value(row: Row): number | string | null;
  /** Content of the cell. @default the value */
  cell?(row: Row): Content;
  /** Figures stand at the right, and sort with the largest first. */
  readonly isNumber?: boolean;
  /** Left out where there is little room: 4 first, and 2 last. @default 1, never */
  readonly weight?: Weight;
  /** Takes the rest of the width, and is cut at its end. */
  readonly isLong?: boolean;
}
