import type { Snapshot } from '../../snapshot.js';
import { clock, count, duration, percent, perSecond, visible } from '../format.js';
import { type Content, html } from '../html.js';
import { clientName, nameOf, serverName } from '../names.js';
import { chart, type Line } from '../parts/chart.js';
import { copyButton } from '../parts/copy.js';
import { mark } from '../parts/mark.js';
import { mailboxMeaning, mailboxState, serverMeaning } from '../parts/meaning.js';
import type { Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';

const RATES: readonly Line[] = [
  { row: 'rate', name: 'ended', color: '--line-1' },
  { row: 'failed', name: 'not ok', color: '--line-4', dash: [4, 3] },
];
const LATENCIES: readonly Line[] = [
  { row: 'p50', name: 'p50', color: '--line-1' },
  { row: 'p95', name: 'p95', color: '--line-2', dash: [6, 3] },
  { row: 'p99', name: 'p99', color: '--line-3', dash: [2, 3] },
];
const WORK: readonly Line[] = [
  { row: 'running', name: 'in flight', color: '--line-1' },
  { row: 'queued', name: 'waiting', color: '--line-4', dash: [4, 3] },
  { row: 'streams', name: 'streams', color: '--line-2', dash: [1, 3] },
];
const MOST_LINES = 8;

/** Figures over all servers, their course, and what needs a look. */
export function overview(scope: Scope) {
  const { snapshot, store } = scope;
  const { totals, time } = snapshot;
  return html`
    <ul class="figures">
      ${figure('Calls/s', perSecond(totals.rate), notOk(totals))}
      ${figure('Success', percent(totals.success), 'of calls that were not left')}
      ${figure('p50', duration(totals.p50), 'half of the calls')}
      ${figure('p95', duration(totals.p95), '95 of 100 calls')}
      ${figure('p99', duration(totals.p99), `slowest ${duration(totals.max)}`)}
      ${figure('In flight', count(totals.running), 'methods that run')}
      ${figure('Waiting', count(totals.queued), 'for their turn')}
      ${figure('Streams', count(totals.streams), 'open')}
      ${figure('Servers', `${count(totals.serving)} of ${count(totals.servers)}`, 'serving')}
      ${figure('Clients', count(totals.clients), 'connected')}
    </ul>
    ${silence(snapshot)}
    <div class="charts">
      ${chart({ title: 'Calls a second', lines: RATES, course: store.course, time, format: perSecond })}
      ${chart({ title: 'Latency', lines: LATENCIES, course: store.course, time, format: duration })}
      ${chart({ title: 'In flight, waiting, streams', lines: WORK, course: store.course, time, format: count })}
    </div>
    <div class="halves">
      <section class="card"><header><h3>Needs a look</h3></header>${attention(snapshot)}</section>
      <section class="card"><header><h3>Last changes</h3>${copyButton(scope, 'the changes', () => Object.values(snapshot.state.events))}</header>${changes(snapshot)}</section>
    </div>`;
}

/** Readers who leave a stream are normal, and stand beside the failures. */
function notOk({ failed, left }: Snapshot['totals']): string {
  return `${perSecond(failed)} not ok${left > 0 ? `, ${perSecond(left)} left` : ''}`;
}

/** Servers without counts would otherwise read as servers without calls. */
function silence({ state }: Snapshot) {
  const asked = Object.values(state.servers).filter(({ status, code }) => status !== 'standby' && code === null);
  const silent = asked.filter(({ counting }) => !counting).length;
  if (silent === 0) return null;
  return html`<p class="hint">${count(silent)} of ${count(asked.length)} servers do not count their calls, and are missing in the rates and latencies. They count with the option <code>callStats: true</code>.</p>`;
}

function figure(name: string, value: string, words: string) {
  return html`<li key=${name}><span>${name}</span><b>${value}</b><small>${words}</small></li>`;
}

function attention({ state }: Snapshot) {
  const lines: Content[] = [];
  for (const server of Object.values(state.servers)) {
    const { key, status, reason, problem } = server;
    const isWell = (status === 'serving' || status === 'standby') && problem === null && server.unwell.length === 0;
    if (isWell) continue;
    const unwell = server.unwell
      .map(({ namespace, reason: why }) => `${namespace}: ${why ?? 'not serving'}`)
      .join(', ');
    const words = [problem, reason, unwell].find((text) => text !== null && text !== '') ?? '';
    lines.push(line(key, hrefOf('servers', key), serverName(server), mark(serverMeaning(server, false)), words));
  }
  for (const [key, link] of Object.entries(state.links)) {
    const { client, server, reason, mailbox } = link;
    if (!link.ejected && mailbox !== 'backoff') continue;
    const caller = state.clients[client];
    const name = `${caller === undefined ? nameOf(client) : clientName(caller)} → ${nameOf(server)}`;
    lines.push(line(key, hrefOf('mailboxes', key), name, mark(mailboxMeaning(mailboxState(link))), reason ?? ''));
  }
  if (lines.length === 0) return html`<p class="empty">Every server that is known answers and is healthy.</p>`;
  return html`<ul class="lines-of-text">${lines.slice(0, MOST_LINES)}</ul>
    ${lines.length > MOST_LINES && html`<p class="more">And ${lines.length - MOST_LINES} more: see Servers and Mailboxes.</p>`}`;
}

function line(key: string, href: string, name: string, state: Content, words: string) {
  return html`<li key=${key}><a href=${href}>${name}</a> ${state} <span class="dim">${visible(words)}</span></li>`;
}

function changes({ state }: Snapshot) {
  const last = Object.values(state.events).slice(-MOST_LINES).reverse();
  if (last.length === 0) return html`<p class="empty">Nothing has changed since the dashboard began.</p>`;
  return html`<ul class="lines-of-text">${last.map(({ key, time, text }) => html`<li key=${key}><time>${clock(time)}</time> ${visible(text)}</li>`)}</ul>`;
}
