import { h } from 'preact';
import { useState } from 'preact/hooks';
import type { State } from '../../snapshot.js';
import { count, duration, perSecond, visible } from '../format.js';
import { type Content, html } from '../html.js';
import { clientName, idsWithStandbys, nameOf, serverName } from '../names.js';
import { copyButton } from '../parts/copy.js';
import { mark } from '../parts/mark.js';
import { type Meaning, mailboxMeaning, mailboxState, serverMeaning } from '../parts/meaning.js';
import { facts, panel } from '../parts/panel.js';
import type { Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';
import { MOST_CLIENTS, MOST_SERVERS, modelOf, sharingMeaning } from '../topology/model.js';
import { picture } from '../topology/picture.js';
import { sharingWords } from './mailboxes.js';
import { serverPanel } from './server-panel.js';
import { processWords } from './servers.js';

const LEGEND: readonly Meaning[] = [
  { shape: 'disc', tone: 'good', word: 'serving, ready' },
  { shape: 'hexagon', tone: 'good', word: 'leads' },
  { shape: 'hollow', tone: 'dim', word: 'standby' },
  { shape: 'half', tone: 'warn', word: 'draining, deposed' },
  { shape: 'square', tone: 'bad', word: 'not serving' },
  { shape: 'cross', tone: 'bad', word: 'unreachable, ejected' },
  { shape: 'triangle', tone: 'bad', word: 'backoff' },
  { shape: 'twin', tone: 'good', word: 'shares its mailboxes' },
];
const MOST_LISTED = 40;

/** Machines, clients, mailboxes, types and servers as a picture. */
export function topology(scope: Scope) {
  return h(Topology, { scope });
}

function Topology({ scope }: { readonly scope: Scope }) {
  const [unfolded, setUnfolded] = useState({ clients: false, servers: false });
  const { snapshot, route } = scope;
  const { state } = snapshot;
  const model = modelOf(snapshot, unfolded);
  const selected = model.nodes.some(({ id }) => id === route.item) ? route.item : undefined;
  const hasManyClients = Object.keys(state.clients).length > MOST_CLIENTS;
  const hasManyServers = model.nodes.some(({ isSmall }) => isSmall) || unfolded.servers;
  if (model.nodes.length === 0) return html`<p class="empty">Nothing is known yet: no server and no client.</p>`;
  return html`
    <div class="tools">
      <ul class="legend">${LEGEND.map((each) => html`<li key=${each.word}>${mark(each)}</li>`)}</ul>
      ${hasManyClients && html`<label><input type="checkbox" checked=${unfolded.clients} onChange=${() => setUnfolded({ ...unfolded, clients: !unfolded.clients })} /> Each client by itself</label>`}
      ${hasManyServers && html`<label><input type="checkbox" checked=${unfolded.servers} onChange=${() => setUnfolded({ ...unfolded, servers: !unfolded.servers })} /> Names of all servers</label>`}
    </div>
    ${picture({ scope, model, unfolded, selected })}
    <p class="hint">A type with more than ${MOST_SERVERS} servers shows them as marks, and more than ${MOST_CLIENTS} clients stand together by machine. Lines are as thick as the calls a second on them; broken lines carry none.</p>
    ${selected !== undefined && details(scope, selected)}
    <footer class="actions">${copyButton(scope, 'the topology', () => ({ nodes: model.nodes, edges: model.edges }))}</footer>`;
}

/** Details of a node, by the kind that its id begins with. */
function details(scope: Scope, id: string) {
  const { state } = scope.snapshot;
  const [kind = '', ...rest] = id.split(' ');
  const name = rest.join(' ');
  const close = hrefOf('topology');
  const show = (title: string, content: Content, value: () => unknown) =>
    panel({
      title: nameOf(title),
      kind: KINDS[kind] ?? kind,
      content,
      actions: copyButton(scope, 'the details', value),
      close,
    });
  const server = state.servers[name];
  if (kind === 'server' && server !== undefined)
    return serverPanel(scope, server, idsWithStandbys(state).has(server.id), close);
  if (kind === 'type')
    return show(name, ofType(state, name), () =>
      Object.values(state.servers).filter(({ serverType }) => serverType === name),
    );
  if (kind === 'mailbox')
    return show(rest.at(-1) ?? '', ofMailboxes(state, rest.slice(0, -1).join(' '), rest.at(-1) ?? ''), () =>
      linksOf(state, rest.slice(0, -1).join(' '), rest.at(-1) ?? ''),
    );
  if (kind === 'machine') return show(name, ofMachine(state, name), () => processesOf(state, name));
  const clients = Object.values(state.clients).filter(({ key, process, ip }) =>
    kind === 'client'
      ? key === name
      : ((process === null ? undefined : state.processes[process]?.machine) ?? ip) === name,
  );
  const [first] = clients;
  return show(
    kind === 'client' && first !== undefined ? clientName(first) : name,
    ofClients(state, clients),
    () => clients,
  );
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ type: 'Server type', mailbox: 'Mailboxes', machine: 'Machine', client: 'Client', clients: 'Clients at' },
};

function ofType(state: State, type: string) {
  const servers = Object.values(state.servers).filter(({ serverType }) => serverType === type);
  const leaders = idsWithStandbys(state);
  const methods = Object.values(state.methods).filter(({ serverType }) => serverType === type);
  return html`${facts([
    ['Servers', count(servers.length)],
    ['Serving', count(servers.filter(({ status }) => status === 'serving').length)],
    ['Methods', count(methods.length)],
    ['Calls/s', perSecond(methods.reduce((sum, { rate }) => sum + rate, 0))],
  ])}${list(servers.map((server) => html`<a href=${hrefOf('topology', `server ${server.key}`)}>${serverName(server)}</a> ${mark(serverMeaning(server, leaders.has(server.id)))}`))}`;
}

function linksOf(state: State, type: string, mailbox: string) {
  return Object.entries(state.links).filter(
    ([, link]) => state.servers[link.server]?.serverType === type && mailboxState(link) === mailbox,
  );
}

function ofMailboxes(state: State, type: string, mailbox: string) {
  const links = linksOf(state, type, mailbox);
  return html`${facts([
    ['State', mark(mailboxMeaning(mailbox))],
    ['To servers of', visible(type)],
    ['Mailboxes', count(links.length)],
  ])}${list(
    links.map(([key, { client, server, reason, latency }]) => {
      const caller = state.clients[client];
      const words = reason === null ? (latency === null ? '' : duration(latency)) : visible(reason);
      return html`<a href=${hrefOf('mailboxes', key)}>${caller === undefined ? nameOf(client) : clientName(caller)} → ${nameOf(server)}</a> <span class="dim">${words}</span>`;
    }),
  )}`;
}

function processesOf(state: State, machine: string) {
  return Object.values(state.processes)
    .filter((process) => process.machine === machine)
    .map((process) => ({
      ...process,
      servers: Object.values(state.servers).filter((each) => each.process === process.id),
      clients: Object.values(state.clients).filter((each) => each.process === process.id),
    }));
}

function ofMachine(state: State, machine: string) {
  const processes = processesOf(state, machine);
  return html`${facts([['Processes', count(processes.length)]])}${list(
    processes.map(
      ({ id, servers, clients }) => html`${processWords(state, id)}
    ${servers.map((server) => html` <a key=${server.key} href=${hrefOf('topology', `server ${server.key}`)}>${serverName(server)}</a>`)}
    ${clients.map((client) => html` <span key=${client.key} class="dim">${clientName(client)}</span>`)}`,
    ),
  )}`;
}

function ofClients(state: State, clients: State['clients'][string][]) {
  return list(
    clients.map((client) => {
      const links = Object.values(state.links).filter((link) => link.client === client.key);
      return html`<b>${clientName(client)}</b> ${mark(sharingMeaning(client))}
      ${facts([
        ['Process', processWords(state, client.process)],
        ['Address', visible(client.ip)],
        ['Sharing', sharingWords(client)],
        ['Mailboxes', count(links.length)],
        ['Calls/s', perSecond(links.reduce((sum, { rate }) => sum + (rate ?? 0), 0))],
        ['Not answered', count(links.reduce((sum, { open }) => sum + open, 0))],
      ])}`;
    }),
  );
}

function list(lines: readonly Content[]) {
  const left = lines.length - MOST_LISTED;
  return html`<ul class="lines-of-text">${lines.slice(0, MOST_LISTED).map((each, at) => html`<li key=${at}>${each}</li>`)}</ul>
    ${left > 0 && html`<p class="more">And ${left} more.</p>`}`;
}
