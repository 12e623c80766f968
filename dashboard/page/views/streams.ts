import type { Figures, MethodFigures, Server } from '../../snapshot.js';
import { count, visible } from '../format.js';
import { html } from '../html.js';
import { nameOf, serverName } from '../names.js';
import { chart, type Line } from '../parts/chart.js';
import type { Column } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';

const LINES: readonly Line[] = [{ row: 'streams', name: 'open', color: '--line-1' }];

interface MethodRow {
  readonly key: string;
  readonly figures: MethodFigures;
}

interface ServerRow {
  readonly server: Server;
  readonly figures: Figures;
}

const METHODS: readonly Column<MethodRow>[] = [
  {
    ...{ id: 'method', name: 'Method', value: ({ figures }) => figures.method },
    cell: ({ key, figures }) =>
      html`<a href=${hrefOf('methods', key)} title=${visible(figures.method)}>${nameOf(figures.method)}</a>`,
  },
  {
    id: 'type',
    name: 'Type',
    value: ({ figures }) => figures.serverType,
    cell: ({ figures }) => nameOf(figures.serverType, 24),
  },
  {
    id: 'streams',
    name: 'Open streams',
    isNumber: true,
    value: ({ figures }) => figures.streams,
    cell: ({ figures }) => count(figures.streams),
  },
];

const SERVERS: readonly Column<ServerRow>[] = [
  {
    ...{ id: 'server', name: 'Server', value: ({ server }) => server.id },
    cell: ({ server }) => html`<a href=${hrefOf('servers', server.key)}>${serverName(server)}</a>`,
  },
  {
    id: 'streams',
    name: 'Open streams',
    isNumber: true,
    value: ({ figures }) => figures.streams,
    cell: ({ figures }) => count(figures.streams),
  },
];

/** Streams that are open, by method and by server. */
export function streams(scope: Scope) {
  const { snapshot, query, store } = scope;
  const { state, time } = snapshot;
  const methods = Object.entries(state.methods)
    .filter(([, { streams: open, method, serverType }]) => open > 0 && matches(query, method, serverType))
    .map(([key, figures]) => ({ key, figures }));
  const servers = Object.values(state.servers).flatMap((server) => {
    const figures = state.figures[server.key];
    return figures !== undefined && (figures.streams ?? 0) > 0 && matches(query, server.id)
      ? [{ server, figures }]
      : [];
  });
  const sort = { by: 'streams', descends: true };
  const empty = 'No stream is open, as far as the servers count.';
  return html`
    <div class="charts">${chart({ title: 'Open streams', lines: LINES, course: store.course, time, format: count })}</div>
    <div class="halves">
      <div>${table({ caption: 'Streams by method', columns: METHODS, rows: methods, keyOf: ({ key }) => key, sort, empty })}</div>
      <div>${table({ caption: 'Streams by server', columns: SERVERS, rows: servers, keyOf: ({ server }) => server.key, sort, empty })}</div>
    </div>
    <footer class="actions">${copyButton(scope, 'the streams', () => ({ methods: methods.map(({ figures }) => figures), servers: servers.map(({ server, figures }) => ({ server: server.key, streams: figures.streams })) }))}</footer>`;
}
