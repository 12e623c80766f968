import { printable } from '../../lib/quoted.js';
import type { FleetSample, MethodSample, ServerSample } from '../../observe/fleet/index.js';
import type { Size } from '../terminal/frame.js';
import type { Paint } from '../terminal/paint.js';
import { type Column, cellPainter, fitColumns, tableLine } from '../terminal/table.js';
import { cut, fit, widthOf } from '../terminal/text.js';
import { METHOD_COLUMNS, SERVER_COLUMNS, type TopColumn } from './columns.js';
import { headLines, noteLines } from './head.js';
import { helpLines, KEY_LINE } from './help.js';
import { methodRows, type Rows, reasonOf, serverRows } from './rows.js';
import type { Shown, View } from './view.js';

/** Lines of a frame, with the facts about them that keys go by. */
export interface Picture {
  readonly lines: readonly string[];
  readonly shown: Shown;
}

/** A sample in the size of the terminal, as the user wants to see it. */
export function pictureOf(
  sample: FleetSample | undefined,
  view: View,
  size: Size,
  every: number,
  paint: Paint,
): Picture {
  if (view.isHelping) return { lines: helpLines(columnsOf(view), size, paint), shown: NOTHING };
  if (sample === undefined) return { lines: [cut('waiting for the first answers ...', size.columns)], shown: NOTHING };
  const head = headLines(sample, view, every, size.columns, paint);
  const foot = view.isTyping ? filterLine(view, size.columns, paint) : paint(fit(KEY_LINE, size.columns), 'dim');
  const height = Math.max(1, size.rows - head.length - 1);
  const { lines, shown } =
    view.rows === 'servers'
      ? tableLines(serverRows(sample, view), view, size.columns, height, paint, serverLine)
      : tableLines(methodRows(sample, view), view, size.columns, height, paint, methodLine);
  const table = [...lines, ...Array.from({ length: Math.max(0, height - lines.length) }, () => '')];
  return { lines: [...head, ...table, foot].slice(0, size.rows), shown };
}

/** A sample as one table with all of its rows, for an output that is no screen. */
export function wholeTable(sample: FleetSample, view: View, columns: number, paint: Paint): string[] {
  const { lines } =
    view.rows === 'servers'
      ? tableLines(serverRows(sample, view), view, columns, Number.POSITIVE_INFINITY, paint, serverLine)
      : tableLines(methodRows(sample, view), view, columns, Number.POSITIVE_INFINITY, paint, methodLine);
  return [...lines, ...noteLines(sample, columns)].map((line) => line.trimEnd());
}

const NOTHING: Shown = { columns: [], page: 1, rows: 0 };

function columnsOf(view: View): readonly TopColumn<never>[] {
  return view.rows === 'servers' ? SERVER_COLUMNS : METHOD_COLUMNS;
}

function filterLine({ filter }: View, width: number, paint: Paint): string {
  const text = `filter: ${printable(filter)}`;
  return `${cut(text, width - 1)}${paint(' ', 'inverse')}`;
}

type Line<Row> = (row: Row, columns: ReturnType<typeof fitColumns<Row>>, width: number, paint: Paint) => string;

function tableLines<Row>(
  { columns, rows, all }: Rows<Row>,
  view: View,
  width: number,
  height: number,
  paint: Paint,
  line: Line<Row>,
): Picture {
  const fitted = fitColumns(columns, rows, width);
  const isLong = rows.length > height - 1;
  const page = Math.max(1, isLong ? height - 2 : height - 1);
  const offset = Math.min(view.offset, Math.max(0, rows.length - page));
  const visible = rows.slice(offset, offset + page);
  const lines = [headLine(fitted, view, paint), ...visible.map((row) => line(row, fitted, width, paint))];
  if (rows.length === 0) lines.push(cut(emptyText(view, all), width));
  if (isLong) lines.push(paint(cut(`${offset + 1} to ${offset + visible.length} of ${rows.length}`, width), 'dim'));
  return { lines, shown: { columns: fitted.map(({ column }) => column.key), page, rows: rows.length } };
}

function headLine<Row>(columns: ReturnType<typeof fitColumns<Row>>, view: View, paint: Paint): string {
  const sort = view.sort[view.rows];
  const arrow = view.isReversed ? '↑' : '↓';
  const headOf = (column: Column<Row>): string => (column.key === sort ? column.head + arrow : column.head);
  return tableLine(columns, headOf, (text, { key }) =>
    key === sort ? paint(text, 'bold', 'inverse') : paint(text, 'bold'),
  );
}

function emptyText({ rows, filter }: View, all: number): string {
  if (all > 0) return `none of ${all} ${rows} matches "${printable(filter)}"`;
  return rows === 'servers' ? 'there are no servers' : 'no method was called yet';
}

function serverLine(
  server: ServerSample,
  columns: ReturnType<typeof fitColumns<ServerSample>>,
  width: number,
  paint: Paint,
): string {
  const reason = reasonOf(server);
  if (reason === undefined) return tableLine(columns, (column) => column.cell(server), cellPainter(server, paint));
  const [first] = columns;
  const name = fit(printable(server.id), first?.width ?? width);
  const left = width - widthOf(name) - 1;
  return left > 0 ? `${name} ${paint(cut(printable(reason), left), 'red')}` : name;
}

function methodLine(
  method: MethodSample,
  columns: ReturnType<typeof fitColumns<MethodSample>>,
  _width: number,
  paint: Paint,
): string {
  return tableLine(columns, (column) => column.cell(method), cellPainter(method, paint));
}
