import type { FailedCall } from '../../snapshot.js';
import { clock, count, duration, visible } from '../format.js';
import { html } from '../html.js';
import { callerName, nameOf, serverNameOf } from '../names.js';
import { type CallLinks, callLinks, linked } from '../parts/call-links.js';
import type { Column } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { facts, panel } from '../parts/panel.js';
import { stageList } from '../parts/stages.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';

interface Row extends CallLinks {
  readonly call: FailedCall;
  /** Names of both ends. */
  readonly server: string;
  readonly caller: string;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'time', name: 'Time', isNumber: true, value: ({ call }) => call.time },
    cell: ({ call }) => html`<a href=${hrefOf('errors', call.key)}><time>${clock(call.time)}</time></a>`,
  },
  {
    id: 'code',
    name: 'Code',
    value: ({ call }) => call.code,
    cell: ({ call }) => html`<code>${visible(call.code.replace(/^ERR_RPC_/, ''))}</code>`,
  },
  {
    ...{ id: 'method', name: 'Method', value: ({ call }) => call.method },
    cell: ({ call, methodHref }) => linked(methodHref, nameOf(call.method, 44)),
  },
  {
    ...{ id: 'server', name: 'Server', weight: 2, value: ({ server }) => server },
    cell: ({ server, serverHref }) => linked(serverHref, server),
  },
  {
    ...{ id: 'caller', name: 'Caller', weight: 3, value: ({ caller }) => caller },
    cell: ({ caller, callerHref }) => linked(callerHref, caller),
  },
  { id: 'delivery', name: 'How far', weight: 2, value: ({ call }) => howFar(call) },
  {
    id: 'more',
    name: 'Times',
    isNumber: true,
    weight: 2,
    value: ({ call }) => call.more + 1,
    cell: ({ call }) => count(call.more + 1),
  },
  {
    id: 'message',
    name: 'Message',
    isLong: true,
    weight: 3,
    value: ({ call }) => call.message,
    cell: ({ call }) => visible(call.message),
  },
];

/** Last failed calls, with what their codes mean. */
export function errors(scope: Scope) {
  const { snapshot, query, route } = scope;
  const { state } = snapshot;
  const all = Object.values(state.errors);
  const rows = all
    .filter((call) =>
      matches(query, call.code, call.method, call.server, call.caller, call.message, call.delivery, call.outcome),
    )
    .map((call) => ({
      call,
      server: serverNameOf(state, call.server),
      caller: callerName(state, call.client, call.caller),
      ...callLinks(state, call),
    }));
  const chosen = all.find(({ key }) => key === route.item);
  return html`<div class=${chosen === undefined ? undefined : 'split'}>
    ${chosen !== undefined && errorPanel(scope, chosen)}
    <div>
      ${codes(all)}
      ${table({
        ...{
          caption: 'Failed calls',
          columns: COLUMNS,
          rows,
          keyOf: ({ call }: Row) => call.key,
          selected: route.item,
        },
        ...{ sort: { by: 'time', descends: true } },
        empty:
          query === ''
            ? 'No call has failed since the dashboard began, as far as the servers count.'
            : `No failed call has “${query}” in its code, method, server, caller or message.`,
      })}
      <footer class="actions">${copyButton(scope, 'the failed calls', () => rows.map(({ call }) => call))}</footer>
    </div></div>`;
}

/** How far a call got, as the reporting end knows it. */
function howFar({ delivery, outcome, by }: FailedCall): string {
  if (delivery !== null) return delivery === 'unknown' ? 'perhaps executed' : delivery.replace('-', ' ');
  return outcome ?? `reported by the ${by}`;
}

function codes(all: readonly FailedCall[]) {
  const times = new Map<string, number>();
  for (const { code, more } of all) times.set(code, (times.get(code) ?? 0) + 1 + more);
  const most = [...times].sort(([, one], [, other]) => other - one);
  return html`<ul class="chips">${most.map(([code, number]) => html`<li key=${code}><code>${visible(code)}</code> <b>${count(number)}</b></li>`)}</ul>`;
}

function errorPanel(scope: Scope, call: FailedCall) {
  const { state } = scope.snapshot;
  const title = visible(call.code);
  return panel({
    title,
    kind: 'Failed call',
    content: failedCall(
      call,
      serverNameOf(state, call.server),
      callerName(state, call.client, call.caller),
      callLinks(state, call),
    ),
    actions: copyButton(scope, 'the failed call', () => call),
    close: hrefOf('errors'),
  });
}

/** A failed call with its explanation. */
export function failedCall(call: FailedCall, server: string, caller: string, links: Partial<CallLinks> = {}) {
  return html`
    <p class="problem">${visible(call.message)}</p>
    <p class="explained">${visible(call.explained)}</p>
    ${facts([
      ['Time', clock(call.time)],
      ['Method', linked(links.methodHref, html`<code>${visible(call.method)}</code>`)],
      ['Server', linked(links.serverHref, server)],
      ['Caller', linked(links.callerHref, caller)],
      ['Reported by', call.by === 'both' ? 'both ends' : `the ${call.by}`],
      ['Delivery', call.delivery && deliveryWords(call.delivery)],
      ['Outcome', call.outcome],
      ['Time taken', duration(call.duration)],
      ['Equal failures', call.more > 0 ? `${count(call.more)} more before this one` : ''],
    ])}
    ${stageList(call.stages)}
    ${call.timing.length > 0 && html`<ul class="lines-of-text">${call.timing.map((words, at) => html`<li key=${at}>${visible(words)}</li>`)}</ul>`}`;
}

function deliveryWords(delivery: NonNullable<FailedCall['delivery']>): string {
  if (delivery === 'not-sent') return 'not sent: the method has not run, and a retry is safe';
  return delivery === 'answered' ? 'answered: the server has said so' : 'unknown: the method may have run';
}
