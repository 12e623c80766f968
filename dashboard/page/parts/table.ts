import { h } from 'preact';
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import type { Column } from './column.js';
import { comparable } from './natural.js';
import { classOf, TableRow } from './table-row.js';

/** Rows that are drawn at once; a button draws as many more. */
const PAGE = 300;

interface Sort {
  readonly by: string;
  readonly descends: boolean;
}

interface Props<Row> {
  /** Name of the table for readers of the screen. */
  readonly caption: string;
  /** The first one heads each row. */
  readonly columns: readonly Column<Row>[];
  /** A row whose fields are those of before is not drawn again. */
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  readonly sort: Sort;
  readonly selected?: string | undefined;
  /** Says why there are no rows. */
  readonly empty: string;
}

/** A table that its readers sort. */
export function table<Row extends object>(props: Props<Row>) {
  return h(Table<Row>, props);
}

function Table<Row extends object>({ caption, columns, rows, keyOf, sort: first, selected, empty }: Props<Row>) {
  const [sort, setSort] = useState(first);
  const [shown, setShown] = useState(PAGE);
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const column = columns.find(({ id }) => id === sort.by) ?? columns[0];
  const sorted = column === undefined ? rows : [...rows].sort(order(column, sort.descends));
  const turn = ({ id, isNumber = false }: Column<Row>) =>
    setSort((now) => ({ by: id, descends: now.by === id ? !now.descends : isNumber }));
  return html`
    <div class="scroll" role="region" aria-label=${caption} tabindex="0">
      <table>
        <caption class="unseen">${caption}</caption>
        <thead><tr>${columns.map((each) => head(each, sort, () => turn(each)))}</tr></thead>
        <tbody>
          ${sorted.slice(0, shown).map((row) => {
            const key = keyOf(row);
            return h(TableRow as typeof TableRow<Row>, { key, row, columns, isSelected: key === selected });
          })}
        </tbody>
      </table>
    </div>
    ${rows.length > shown && html`<p class="more">${shown} of ${rows.length} rows are shown. <button type="button" class="quiet" onClick=${() => setShown(shown + PAGE)}>Show ${Math.min(PAGE, rows.length - shown)} more</button></p>`}`;
}

function head<Row>(column: Column<Row>, { by, descends }: Sort, turn: () => void) {
  const isBy = by === column.id;
  const sorted = isBy ? (descends ? 'descending' : 'ascending') : undefined;
  return html`<th key=${column.id} scope="col" class=${classOf(column)} aria-sort=${sorted}>
    <button type="button" onClick=${turn}>${column.name}<span aria-hidden="true" class="order">${isBy ? (descends ? '▾' : '▴') : ''}</span></button>
  </th>`;
}

function order<Row>({ value }: Column<Row>, descends: boolean): (one: Row, other: Row) => number {
  const sign = descends ? -1 : 1;
  return (one, other) => {
    const [a, b] = [comparable(value(one)), comparable(value(other))];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (a === b) return 0;
    return a < b ? -sign : sign;
  };
}
