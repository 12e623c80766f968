import type { SlowCall } from '../../snapshot.js';
import { clock, duration, visible } from '../format.js';
import { html } from '../html.js';
import { callerName, nameOf, serverNameOf } from '../names.js';
import { type CallLinks, callLinks, linked } from '../parts/call-links.js';
import type { Column } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { facts, panel } from '../parts/panel.js';
import { stageBar, stageList } from '../parts/stages.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';

interface Row extends CallLinks {
  readonly call: SlowCall;
  /** Names of both ends. */
  readonly server: string;
  readonly caller: string;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'time', name: 'Time', isNumber: true, value: ({ call }) => call.time },
    cell: ({ call }) => html`<a href=${hrefOf('slow', call.key)}><time>${clock(call.time)}</time></a>`,
  },
  {
    id: 'duration',
    name: 'Took',
    isNumber: true,
    value: ({ call }) => call.duration,
    cell: ({ call }) => duration(call.duration),
  },
  {
    ...{ id: 'method', name: 'Method', value: ({ call }) => call.method },
    cell: ({ call, methodHref }) => linked(methodHref, nameOf(call.method, 44)),
  },
  {
    id: 'stages',
    name: 'Stages',
    value: ({ call }) => slowest(call),
    cell: ({ call }) => html`${stageBar(call.stages)} <small>${visible(slowest(call))}</small>`,
    weight: 2,
  },
  {
    ...{ id: 'server', name: 'Server', weight: 2, value: ({ server }) => server },
    cell: ({ server, serverHref }) => linked(serverHref, server),
  },
  {
    ...{ id: 'caller', name: 'Caller', weight: 3, value: ({ caller }) => caller },
    cell: ({ caller, callerHref }) => linked(callerHref, caller),
  },
  {
    id: 'outcome',
    name: 'Outcome',
    weight: 3,
    value: ({ call }) => call.code ?? call.outcome,
    cell: ({ call }) => visible(call.code ?? call.outcome),
  },
];

/** Calls that took long, and where their time went. */
export function slow(scope: Scope) {
  const { snapshot, query, route } = scope;
  const { state } = snapshot;
  const all = Object.values(state.slow);
  const rows = all
    .filter(({ method, server, caller, outcome, code }) => matches(query, method, server, caller, outcome, code))
    .map((call) => ({
      call,
      server: serverNameOf(state, call.server),
      caller: callerName(state, call.client, call.caller),
      ...callLinks(state, call),
    }));
  const chosen = all.find(({ key }) => key === route.item);
  return html`<div class=${chosen === undefined ? undefined : 'split'}>
    ${chosen !== undefined && slowPanel(scope, chosen)}
    <div>
      ${table({
        ...{ caption: 'Slow calls', columns: COLUMNS, rows, keyOf: ({ call }: Row) => call.key, selected: route.item },
        ...{ sort: { by: 'duration', descends: true } },
        empty:
          query === ''
            ? 'No slow call was reported.'
            : `No slow call has “${query}” in its method, server, caller or outcome.`,
      })}
      <footer class="actions">${copyButton(scope, 'the slow calls', () => rows.map(({ call }) => call))}</footer>
    </div></div>`;
}

/** Name of the stage that took most of the time. */
function slowest({ stages }: SlowCall): string {
  return stages.reduce((most, stage) => (stage.ms > most.ms ? stage : most), { name: '', ms: 0 }).name;
}

function slowPanel(scope: Scope, call: SlowCall) {
  const { state } = scope.snapshot;
  const links = callLinks(state, call);
  const content = html`
    ${facts([
      ['Time', clock(call.time)],
      ['Method', linked(links.methodHref, html`<code>${visible(call.method)}</code>`)],
      ['Server', linked(links.serverHref, serverNameOf(state, call.server))],
      ['Caller', linked(links.callerHref, callerName(state, call.client, call.caller))],
      ['Outcome', call.code === null ? call.outcome : `${call.outcome}, ${visible(call.code)}`],
      ['Took', duration(call.duration)],
    ])}
    ${stageList(call.stages)}`;
  return panel({
    title: nameOf(call.method),
    kind: 'Slow call',
    content,
    actions: copyButton(scope, 'the slow call', () => call),
    close: hrefOf('slow'),
  });
}
