import { Component, createRef, h } from 'preact';
import { html } from '../html.js';
import type { Column } from './column.js';

interface Props<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly isSelected: boolean;
}

/** Rows this far outside of the window are drawn already. */
const MARGIN = '300px';

/** Rows that are waiting to be seen, by their elements. */
const rows = new WeakMap<Element, { show(isSeen: boolean): void }>();
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) rows.get(target)?.show(isIntersecting);
  },
  { rootMargin: MARGIN },
);

/** A row of a table. A row outside of the window keeps its figures until it is scrolled into sight: hundreds change each second. */
export class TableRow<Row extends object> extends Component<Props<Row>> {
  readonly #place = createRef<HTMLTableRowElement>();
  #isSeen = true;
  #isStale = false;

  override componentDidMount(): void {
    const element = this.#place.current;
    if (element === null) return;
    rows.set(element, this);
    sight.observe(element);
  }

  override componentWillUnmount(): void {
    if (this.#place.current !== null) sight.unobserve(this.#place.current);
  }

  show(isSeen: boolean): void {
    this.#isSeen = isSeen;
    if (isSeen && this.#isStale) this.forceUpdate();
  }

  override shouldComponentUpdate({ row, columns, isSelected }: Props<Row>): boolean {
    if (isSelected !== this.props.isSelected || columns !== this.props.columns) return true;
    if (isSame(row, this.props.row)) return false;
    this.#isStale = !this.#isSeen;
    return this.#isSeen;
  }

  override render({ row, columns, isSelected }: Props<Row>) {
    this.#isStale = false;
    return html`<tr ref=${this.#place} class=${isSelected ? 'selected' : undefined}>${columns.map((column, at) => {
      const content = column.cell === undefined ? column.value(row) : column.cell(row);
      return at === 0
        ? h('th', { scope: 'row', class: classOf(column) }, content)
        : h('td', { class: classOf(column) }, content);
    })}</tr>`;
  }
}

export function classOf<Row>({ isNumber = false, isLong = false, weight = 1 }: Column<Row>): string {
  return `${isNumber ? 'number' : ''}${isLong ? ' long' : ''}${weight > 1 ? ` weight${weight}` : ''}`;
}

/** Whether all fields of two objects are the same. */
function isSame(one: object, other: object): boolean {
  if (one === other) return true;
  const known = other as Record<string, unknown>;
  return Object.entries(one).every(([name, value]) => known[name] === value);
}
