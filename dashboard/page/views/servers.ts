import type { Figures, RosterSource, Server, State } from '../../snapshot.js';
import { age, bytes, count, duration, percent, perSecond, visible } from '../format.js';
import { html } from '../html.js';
import { idsWithStandbys, nameOf, processOf, serverName } from '../names.js';
import type { Column, Weight } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { mark } from '../parts/mark.js';
import { serverMeaning } from '../parts/meaning.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';
import { serverPanel } from './server-panel.js';

interface Row {
  readonly server: Server;
  readonly figures: Figures | undefined;
  readonly isLeader: boolean;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'server', name: 'Server', value: ({ server }) => server.id },
    cell: ({ server }) =>
      html`<a href=${hrefOf('servers', server.key)} title=${visible(server.id)}>${serverName(server)}</a>`,
  },
  {
    id: 'type',
    name: 'Type',
    weight: 2,
    value: ({ server }) => server.serverType,
    cell: ({ server }) => nameOf(server.serverType, 24),
  },
  {
    ...{ id: 'status', name: 'Health', value: ({ server }) => server.status },
    cell: ({ server, isLeader }) => mark(serverMeaning(server, isLeader)),
  },
  number('rate', 'Calls/s', 'rate', perSecond, 1),
  number('success', 'Success', 'success', percent, 2),
  number('p50', 'p50', 'p50', duration, 3),
  number('p99', 'p99', 'p99', duration, 2),
  number('running', 'In flight', 'running', count, 3),
  number('queued', 'Waiting', 'queued', count, 3),
  number('connections', 'Conn.', 'connections', count, 4),
  {
    ...number('busy', 'Loop', 'busy', (share) => percent(share, 0), 2),
    cell: ({ figures }) => meter(figures?.busy ?? null),
  },
  number('lag', 'Lag', 'lag', duration, 4),
  number('rss', 'Memory', 'rss', bytes, 3),
];

/** Servers of all types, with their health and load; and the lists that they come from. */
export function servers(scope: Scope) {
  const { snapshot, query, route } = scope;
  const { state } = snapshot;
  const leaders = idsWithStandbys(state);
  const rows = Object.values(state.servers)
    .filter(({ id, serverType, status, process, url }) => matches(query, id, serverType, status, process, url))
    .map((server) => ({ server, figures: state.figures[server.key], isLeader: leaders.has(server.id) }));
  const chosen = route.item === undefined ? undefined : state.servers[route.item];
  return html`<div class=${chosen === undefined ? undefined : 'split'}>
    ${chosen !== undefined && serverPanel(scope, chosen, leaders.has(chosen.id))}
    <div>
      ${table({
        ...{ caption: 'Servers', columns: COLUMNS, rows, keyOf: ({ server }: Row) => server.key, selected: route.item },
        ...{ sort: { by: 'server', descends: false } },
        empty:
          query === ''
            ? 'No server is known yet. The dashboard lists servers as soon as it finds them.'
            : `No server has “${query}” in its id, type, health, process or address.`,
      })}
      ${sources(state)}
      <footer class="actions">${copyButton(scope, 'the servers', () => rows.map(({ server, figures }) => ({ ...server, figures })))}</footer>
    </div></div>`;
}

function number(
  id: string,
  name: string,
  field: keyof Figures,
  format: (value: number | null) => string,
  weight: Weight,
): Column<Row> {
  const value = ({ figures }: Row) => figures?.[field] ?? null;
  return { id, name, isNumber: true, weight, value, cell: (row) => format(value(row)) };
}

/** Share of the time in which the event loop was busy, as a figure and a bar. */
function meter(share: number | null) {
  return html`${percent(share, 0)}<span class="meter" aria-hidden="true"><i style=${{ width: `${Math.min(100, 100 * (share ?? 0))}%` }}></i></span>`;
}

const SOURCES: readonly Column<RosterSource>[] = [
  { id: 'source', name: 'List of servers', value: ({ source }) => source, cell: ({ source }) => nameOf(source) },
  { id: 'state', name: 'State', value: ({ state }) => state, cell: ({ state }) => nameOf(state) },
  { id: 'servers', name: 'Servers', isNumber: true, value: (row) => row.servers, cell: (row) => count(row.servers) },
  { id: 'age', name: 'Age', isNumber: true, value: (row) => row.age, cell: (row) => age(row.age) },
  {
    id: 'lost',
    name: 'Lost',
    weight: 2,
    value: ({ lost }) => lost.length,
    cell: ({ lost }) => lost.map((id) => nameOf(id, 24)).join(', '),
  },
  {
    id: 'draining',
    name: 'Draining',
    weight: 3,
    value: ({ draining }) => draining.length,
    cell: ({ draining }) => draining.map((id) => nameOf(id, 24)).join(', '),
  },
  {
    id: 'reason',
    name: 'Reason',
    weight: 3,
    isLong: true,
    value: ({ reason }) => reason,
    cell: ({ reason }) => visible(reason ?? ''),
  },
];

function sources(state: State) {
  const rows = Object.values(state.sources);
  if (rows.length === 0) return null;
  const sort = { by: 'source', descends: false };
  return table({ caption: 'Lists of servers', columns: SOURCES, rows, keyOf: ({ source }) => source, sort, empty: '' });
}

/** Process of a server in words: `host-1/4242, Node v22.1.0, mailstation 0.1.0`. */
export function processWords(state: State, key: string | null): string | null {
  const process = processOf(state, key);
  if (process === undefined) return key === null ? null : visible(key);
  const { id, node, version } = process;
  const words = [
    id,
    node === null ? null : `Node ${node.replace(/^v/, '')}`,
    version === null ? null : `mailstation ${version}`,
  ];
  return visible(words.filter((word) => word !== null).join(', '));
}
