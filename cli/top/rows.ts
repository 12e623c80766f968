import { RpcCode } from '../../lib/errors.js';
import type { FleetSample, MethodSample, ServerSample } from '../../observe/fleet/index.js';
import { METHOD_COLUMNS, SERVER_COLUMNS, type TopColumn } from './columns.js';
import type { View } from './view.js';

/** Rows of a table, filtered and sorted, with the columns of their kind. */
export interface Rows<Row> {
  readonly columns: readonly TopColumn<Row>[];
  readonly rows: readonly Row[];
  /** Number of rows without the filter. */
  readonly all: number;
}

/** Servers, in the order of the view: those that are away come first. */
export function serverRows({ servers }: FleetSample, view: View): Rows<ServerSample> {
  const texts = (server: ServerSample): string[] => [server.id, server.serverType, server.url, reasonOf(server) ?? ''];
  const { columns, rows, all } = rowsOf(SERVER_COLUMNS, servers, texts, view.sort.servers, view);
  if (view.sort.servers === 'server') return { columns, rows, all };
  const isAway = (server: ServerSample): boolean => server.state !== 'answered';
  return { columns, all, rows: [...rows.filter(isAway), ...rows.filter((server) => !isAway(server))] };
}

export function methodRows({ methods }: FleetSample, view: View): Rows<MethodSample> {
  const texts = ({ name, rates }: MethodSample): string[] => [name, ...Object.keys(rates?.codes ?? {})];
  return rowsOf(METHOD_COLUMNS, methods, texts, view.sort.methods, view);
}

/** Why a server has no figures; undefined for one that has answered. */
export function reasonOf({ state, failure }: ServerSample): string | undefined {
  if (failure === null) return undefined;
  const isMute = state === 'refused' && failure.code === RpcCode.NoMethod;
  return `${state === 'not-admitted' ? `refuses (${failure.code})` : state}: ${isMute ? MUTE : failure.message}`;
}

const MUTE = 'the server answers no questions about itself: it has inspect: false, or an older version of mailstation';

function rowsOf<Row>(
  columns: readonly TopColumn<Row>[],
  samples: readonly Row[],
  texts: (row: Row) => readonly string[],
  sort: string,
  { filter, isReversed }: View,
): Rows<Row> {
  const wanted = filter.toLowerCase();
  const rows = samples.filter((row) => texts(row).some((text) => text.toLowerCase().includes(wanted)));
  const column = columns.find(({ key }) => key === sort);
  if (column !== undefined) rows.sort((a, b) => compared(column.value(a), column.value(b), isReversed));
  return { columns, rows, all: samples.length };
}

/** Numbers in descending order, texts in ascending order, and what has no value at the end. The samples come in the order of their names. */
function compared(a: number | string | null, b: number | string | null, isReversed: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'string' ? Number(a > b) - Number(a < b) : Number(b) - a;
  return isReversed ? -order : order;
}
