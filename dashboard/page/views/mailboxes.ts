import type { Client, Link, State } from '../../snapshot.js';
import { age, count, duration, perSecond, visible } from '../format.js';
import { html } from '../html.js';
import { clientName, nameOf, serverNameOf } from '../names.js';
import type { Column } from '../parts/column.js';
import { copyButton } from '../parts/copy.js';
import { mark } from '../parts/mark.js';
import { mailboxMeaning, mailboxState } from '../parts/meaning.js';
import { facts, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { matches, type Scope } from '../scope.js';
import { hrefOf } from '../source/route.js';
import { processWords } from './servers.js';

interface Row {
  readonly key: string;
  readonly link: Link;
  /** Names of both ends. */
  readonly client: string;
  readonly server: string;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'client', name: 'Client', value: ({ client }) => client },
    cell: ({ key, client }) => html`<a href=${hrefOf('mailboxes', key)}>${client}</a>`,
  },
  {
    id: 'server',
    name: 'Server',
    value: ({ server }) => server,
    cell: ({ link, server }) => html`<a href=${hrefOf('servers', link.server)}>${server}</a>`,
  },
  {
    id: 'state',
    name: 'Mailbox',
    value: ({ link }) => mailboxState(link),
    cell: ({ link }) => mark(mailboxMeaning(mailboxState(link))),
  },
  {
    id: 'rate',
    name: 'Calls/s',
    isNumber: true,
    value: ({ link }) => link.rate,
    cell: ({ link }) => perSecond(link.rate),
  },
  {
    id: 'open',
    name: 'Open',
    isNumber: true,
    weight: 2,
    value: ({ link }) => link.open,
    cell: ({ link }) => count(link.open),
  },
  {
    id: 'calls',
    name: 'Calls',
    isNumber: true,
    weight: 3,
    value: ({ link }) => link.calls,
    cell: ({ link }) => count(link.calls),
  },
  {
    id: 'latency',
    name: 'Latency',
    isNumber: true,
    weight: 2,
    value: ({ link }) => link.latency,
    cell: ({ link }) => duration(link.latency),
  },
  {
    id: 'connections',
    name: 'Conn.',
    isNumber: true,
    weight: 3,
    value: ({ link }) => link.connections,
    cell: ({ link }) => count(link.connections),
  },
  {
    id: 'reason',
    name: 'Reason',
    isLong: true,
    weight: 3,
    value: ({ link }) => link.reason,
    cell: ({ link }) => visible(link.reason ?? ''),
  },
];

/** Each client's way to each server. */
export function mailboxes(scope: Scope) {
  const { snapshot, query, route } = scope;
  const { state } = snapshot;
  const rows = rowsOf(state).filter(({ link, client, server }) =>
    matches(query, client, server, mailboxState(link), link.reason, link.identity),
  );
  const chosen = route.item === undefined ? undefined : state.links[route.item];
  return html`<div class=${chosen === undefined ? undefined : 'split'}>
    ${chosen !== undefined && linkPanel(scope, chosen)}
    <div>
      ${table({
        ...{ caption: 'Mailboxes', columns: COLUMNS, rows, keyOf: ({ key }: Row) => key, selected: route.item },
        ...{ sort: { by: 'client', descends: false } },
        empty:
          query === ''
            ? 'No client is connected with a server.'
            : `No mailbox has “${query}” in its client, server, state or reason.`,
      })}
      <footer class="actions">${copyButton(scope, 'the mailboxes', () => rows.map(({ link }) => link))}</footer>
    </div></div>`;
}

function rowsOf(state: State): Row[] {
  return Object.entries(state.links).map(([key, link]) => {
    const client = state.clients[link.client];
    return {
      key,
      link,
      client: client === undefined ? nameOf(link.client) : clientName(client),
      server: serverNameOf(state, link.server),
    };
  });
}

/** State of the mailboxes that processes of a machine share, in words. */
export function sharingWords({ sharing }: Client): string {
  if (sharing === null || sharing === 'closed') return '';
  if (sharing === 'leading') return 'has the mailboxes that the processes of its machine share';
  return sharing === 'following'
    ? 'calls through the shared mailboxes of another process'
    : `shared mailboxes: ${sharing}`;
}

function linkPanel(scope: Scope, link: Link) {
  const { snapshot } = scope;
  const { state } = snapshot;
  const client = state.clients[link.client];
  const content = facts([
    ['Mailbox', mark(mailboxMeaning(mailboxState(link)))],
    ['Reason', visible(link.reason ?? '')],
    ['Client', client === undefined ? nameOf(link.client) : clientName(client)],
    ['Client process', client && processWords(state, client.process)],
    ['Client address', client && visible(client.ip)],
    ['Sharing', client && sharingWords(client)],
    ['Proven', visible(link.identity ?? '')],
    ['Server', html`<a href=${hrefOf('servers', link.server)}>${serverNameOf(state, link.server)}</a>`],
    [
      'Connections',
      link.since === null
        ? count(link.connections)
        : `${count(link.connections)}, for ${age(snapshot.time - link.since)}`,
    ],
    ['Calls/s', perSecond(link.rate)],
    ['Calls in all', count(link.calls)],
    ['Not answered', count(link.open)],
    ['Latency', duration(link.latency)],
  ]);
  const title = `${client === undefined ? nameOf(link.client) : clientName(client)} → ${serverNameOf(state, link.server)}`;
  return panel({
    title,
    kind: 'Mailbox',
    content,
    actions: copyButton(scope, 'the mailbox', () => ({ ...link, of: client })),
    close: hrefOf('mailboxes'),
  });
}
