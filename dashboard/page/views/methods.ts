import type { MethodFigures, ServerMethodFigures } from '../../snapshot.js';
import { count, duration, percent, perSecond, visible } from '../format.js';
import { html } from '../html.js';
import { nameOf, serverNameOf } from '../names.js';
import type { Column, Weight } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { facts, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';

interface Row {
  readonly key: string;
  readonly figures: MethodFigures;
}

interface ServerRow {
  readonly figures: ServerMethodFigures;
  /** Name of the server. */
  readonly name: string;
}

/** Figures that the methods of a type and those of one server have in common. */
function columnsOf<Each extends { readonly figures: MethodFigures }>(): readonly Column<Each>[] {
  return [
    number('rate', 'Calls/s', 'rate', perSecond, 1),
    number('failed', 'Not ok/s', 'failed', perSecond, 3),
    number('success', 'Success', 'success', percent, 2),
    number('p50', 'p50', 'p50', duration, 3),
    number('p95', 'p95', 'p95', duration, 3),
    number('p99', 'p99', 'p99', duration, 2),
    number('open', 'Open', 'open', count, 2),
    number('queued', 'Waiting', 'queued', count, 3),
    number('streams', 'Streams', 'streams', count, 3),
    number('calls', 'Calls', 'calls', count, 2),
  ];
  function number(
    id: string,
    name: string,
    field: 'rate' | 'failed' | 'success' | 'p50' | 'p95' | 'p99' | 'open' | 'queued' | 'streams' | 'calls',
    format: (value: number | null) => string,
    weight: Weight,
  ): Column<Each> {
    const value = ({ figures }: Each) => figures[field];
    return { id, name, isNumber: true, weight, value, cell: (row) => format(value(row)) };
  }
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'method', name: 'Method', value: ({ figures }) => figures.method },
    cell: ({ key, figures }) =>
      html`<a href=${hrefOf('methods', key)} title=${visible(figures.method)}>${nameOf(figures.method)}</a>`,
  },
  {
    id: 'type',
    name: 'Type',
    weight: 2,
    value: ({ figures }) => figures.serverType,
    cell: ({ figures }) => nameOf(figures.serverType, 24),
  },
  ...columnsOf<Row>(),
];

const AT_SERVERS: readonly Column<ServerRow>[] = [
  {
    ...{ id: 'server', name: 'Server', value: ({ name }) => name },
    cell: ({ figures, name }) => html`<a href=${hrefOf('servers', figures.server)}>${name}</a>`,
  },
  ...columnsOf<ServerRow>()
    .filter(({ id }) => ['rate', 'success', 'p99', 'open'].includes(id))
    .map((column) => ({ ...column, weight: 1 as const })),
];

/** Methods by type of server. */
export function methods(scope: Scope) {
  const { snapshot, query, route } = scope;
  const { state } = snapshot;
  const rows = Object.entries(state.methods)
    .filter(([, { method, serverType }]) => matches(query, method, serverType))
    .map(([key, figures]) => ({ key, figures }));
  const chosen = route.item === undefined ? undefined : state.methods[route.item];
  return html`<div class=${chosen === undefined ? undefined : 'split'}>
    ${chosen !== undefined && methodPanel(scope, chosen)}
    <div>
      ${table({
        ...{ caption: 'Methods', columns: COLUMNS, rows, keyOf: ({ key }: Row) => key, selected: route.item },
        ...{ sort: { by: 'rate', descends: true } },
        empty:
          query === ''
            ? 'No call of a method was counted. Servers count unless they have callStats: false.'
            : `No method has “${query}” in its name or type.`,
      })}
      <footer class="actions">${copyButton(scope, 'the methods', () => rows.map(({ figures }) => figures))}</footer>
    </div></div>`;
}

function methodPanel(scope: Scope, chosen: MethodFigures) {
  const { state } = scope.snapshot;
  const { method, serverType, codes, calls, left } = chosen;
  const rows = Object.values(state.serverMethods)
    .filter((each) => each.method === method && each.serverType === serverType)
    .map((figures) => ({ figures, name: serverNameOf(state, figures.server) }));
  const content = html`
    ${facts([
      ['Method', html`<code>${visible(method)}</code>`],
      ['Type', visible(serverType)],
      ['Calls in all', count(calls)],
      ['Left by callers', left > 0 ? count(left) : ''],
      ...Object.entries(codes).map(([code, times]) => [visible(code), count(times)] as const),
    ])}
    ${table({ caption: 'At each server', columns: AT_SERVERS, rows, keyOf: ({ figures }) => figures.server, sort: { by: 'rate', descends: true }, empty: 'The figures of the single servers are left out: there are too many.' })}`;
  const actions = copyButton(scope, 'the method', () => ({ ...chosen, servers: rows.map(({ figures }) => figures) }));
  return panel({ title: nameOf(method), kind: 'Method', content, actions, close: hrefOf('methods') });
}
