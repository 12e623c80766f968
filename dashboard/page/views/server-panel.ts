import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Server, ServerMethodFigures, Snapshot } from '../../snapshot.js';
import { age, bytes, clock, count, duration, percent, perSecond, visible } from '../format.js';
import { html } from '../html.js';
import { nameOf, processOf, serverName } from '../names.js';
import { chart, type Line } from '../parts/chart.js';
import type { Column } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { mark } from '../parts/mark.js';
import { serverMeaning } from '../parts/meaning.js';
import { facts, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import type { Scope } from '../scope.js';
import { askHistory } from '../source/ask.js';
import { Course } from '../source/course.js';
import { hrefOf } from '../source/route.js';

const RATES: readonly Line[] = [
  { row: 'rate', name: 'ended/s', color: '--line-1' },
  { row: 'failed', name: 'not ok/s', color: '--line-4', dash: [4, 3] },
];
const LATENCIES: readonly Line[] = [
  { row: 'p50', name: 'p50', color: '--line-1' },
  { row: 'p99', name: 'p99', color: '--line-3', dash: [2, 3] },
  { row: 'lag', name: 'loop lag', color: '--line-4', dash: [6, 3] },
];

const METHODS: readonly Column<ServerMethodFigures>[] = [
  { id: 'method', name: 'Method', value: ({ method }) => method, cell: ({ method }) => nameOf(method, 40) },
  { id: 'rate', name: 'Calls/s', isNumber: true, value: ({ rate }) => rate, cell: ({ rate }) => perSecond(rate) },
  {
    id: 'success',
    name: 'Success',
    isNumber: true,
    value: ({ success }) => success,
    cell: ({ success }) => percent(success),
  },
  { id: 'p99', name: 'p99', isNumber: true, value: ({ p99 }) => p99, cell: ({ p99 }) => duration(p99) },
  { id: 'open', name: 'Open', isNumber: true, value: ({ open }) => open, cell: ({ open }) => count(open) },
];

/** Details of one server. */
export function serverPanel(scope: Scope, server: Server, isLeader: boolean, close = hrefOf('servers')) {
  const { snapshot } = scope;
  const { state } = snapshot;
  const figures = state.figures[server.key];
  const methods = Object.values(state.serverMethods).filter((each) => each.server === server.key);
  const process = processOf(state, server.process);
  const content = html`
    ${server.problem !== null && html`<p class="problem">${server.code} ${visible(server.problem)}</p>`}
    ${facts([
      ['Health', mark(serverMeaning(server, isLeader))],
      ['Reason', visible(server.reason ?? '')],
      [
        'Not well',
        server.unwell.map(({ namespace, reason }) => visible(`${namespace}: ${reason ?? 'not serving'}`)).join(', '),
      ],
      ['Type', visible(server.serverType)],
      ['Address', visible(server.url ?? '')],
      ['Process', visible(server.process ?? '')],
      [
        'Versions',
        process && visible(`mailstation ${process.version ?? 'not known'}, Node ${process.node ?? 'not known'}`),
      ],
      ['Uptime', process?.since == null ? '' : age(snapshot.time - process.since)],
      ['In flight', count(figures?.running)],
      ['Waiting', count(figures?.queued)],
      ['Left by callers', count(figures?.abandoned)],
      ['Streams', count(figures?.streams)],
      ['Connections', count(figures?.connections)],
      ['Loop busy', percent(figures?.busy, 0)],
      ['Memory', figures === undefined ? '' : `${bytes(figures.rss)}, heap ${bytes(figures.heap)}`],
    ])}
    ${!server.counting && server.url !== null && html`<p class="hint">The server does not count its calls. With the option <code>callStats</code>, which is on by default, it reports rates, latencies and failures.</p>`}
    ${server.url !== null && h(Charts, { key: server.key, scope, server: server.key })}
    ${table({ caption: `Methods of ${visible(server.id)}`, columns: METHODS, rows: methods, keyOf: ({ method }) => method, sort: { by: 'rate', descends: true }, empty: 'No call of a method was counted here.' })}
    ${lastErrors(snapshot, server.key)}`;
  const actions = html`${copyButton(scope, 'the server', () => ({ ...server, figures, process, methods }))}
    ${snapshot.about.allowCalls && server.url !== null && html`<a class="button quiet" href=${hrefOf('call', server.key)}>Call a method</a>`}`;
  return panel({ title: serverName(server), kind: 'Server', content, actions, close });
}

function lastErrors({ state }: Snapshot, server: string) {
  const last = Object.values(state.errors)
    .filter((each) => each.server === server)
    .sort((one, other) => other.time - one.time)
    .slice(0, 5);
  if (last.length === 0) return null;
  return html`<h4>Last failed calls</h4><ul class="lines-of-text">${last.map(({ key, time, method, code }) => html`<li key=${key}><time>${clock(time)}</time> <a href=${hrefOf('errors', key)}>${nameOf(method, 40)}</a> <code>${visible(code)}</code></li>`)}</ul>`;
}

/** Charts of one server: the past as the server of the page or the recording has it, and what comes. */
function Charts({ scope, server }: { readonly scope: Scope; readonly server: string }) {
  const { store, snapshot } = scope;
  const { playback } = store;
  const [live, setLive] = useState(() => new Course());
  const isPlayed = playback !== undefined;
  useEffect(() => {
    if (isPlayed) return undefined;
    let isGone = false;
    askHistory(server).then(
      (history) => {
        if (!isGone) setLive(new Course(history));
      },
      (error) => console.warn('the history of the server could not be read', error),
    );
    return () => {
      isGone = true;
    };
  }, [server, isPlayed]);
  const figures = snapshot.state.figures[server];
  if (!isPlayed && figures !== undefined) live.append(snapshot.time, figures, snapshot.about.history);
  const course = playback?.courseOf(server) ?? live;
  const { time } = snapshot;
  return html`<div class="charts">
    ${chart({ title: 'Calls a second', lines: RATES, course, time, format: perSecond })}
    ${chart({ title: 'Latency', lines: LATENCIES, course, time, format: duration })}
  </div>`;
}
