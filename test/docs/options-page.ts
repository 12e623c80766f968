import { literalsOf, type Member, membersOf } from './declarations.js';
import { isLiteral } from './literals.js';
import {
  CLIENT_TABLES,
  CLUSTER_TABLES,
  type OptionsTable,
  optionsOf,
  SERVER_TABLES,
  SHARE_TABLES,
} from './options-tables.js';

const HEAD = `# Options, events, states and error codes

Every option with its unit, default and range, every event with its arguments, every state and every error code. \`npm run
options\` writes the page from the types and docstrings of the sources. A test compares the page with the sources, each default
with the object that the code reads, and tries values at the ends of each range and beyond them. An option out of range is
refused with \`ERR_RPC_INVALID_ARGUMENT\` when the client or server is made. A misspelt name of an option is a
warning in the log, with the nearest name, and has no other effect; TypeScript refuses it.

- [Client](#client): [events](#events-of-a-client), [states](#states-of-a-client)
- [Server](#server): [events](#events-of-a-server), [states](#states-of-a-server)
- [Shared clients](#shared-clients): [events](#events-of-a-shared-client), [states](#states-of-a-shared-client)
- [Shared mailboxes](#shared-mailboxes)
- [Errors](#errors)

Durations are in milliseconds. \`2^31 - 1\` ms are 24.8 days, the longest that a timer of Node.js can wait.`;

/** docs/options.md. */
export function renderOptionsPage(): string {
  const parts = [
    HEAD,
    '## Client',
    ...CLIENT_TABLES.map(optionsTable),
    events('client', 'station/events.ts', /^export type MailStationEvents\b/, '`client.on(event, listener)`.'),
    '### States of a client',
    states('`client.state`:', membersOf('station/state.ts', /^export const STATION_TRANSITIONS\b/)),
    states(
      '`client.roster[n].state`, the list of a source of the option `registry`:',
      membersOf('lib/registry/roster-state.ts', /^export const ROSTER_TRANSITIONS\b/),
    ),
    states(
      '`client.mailboxes[serverId]`, the connection to one server:',
      membersOf('mailbox/state.ts', /^export const MAILBOX_TRANSITIONS\b/),
    ),
    '## Server',
    ...SERVER_TABLES.map(optionsTable),
    events('server', 'server/events.ts', /^export type ServerEvents\b/, '`server.on(event, listener)`.'),
    '### States of a server',
    states('`server.state`:', membersOf('server/state.ts', /^export const SERVER_TRANSITIONS\b/)),
    '## Shared clients',
    ...CLUSTER_TABLES.map(optionsTable),
    events(
      'shared client',
      'lib/cluster/events.ts',
      /^export type ClusterClientEvents\b/,
      '`client.on(event, listener)`. In the process that leads, the events of the real client are emitted too.',
    ),
    '### States of a shared client',
    states(
      'Inside; `ready()` and `isClusterClientLeader` show them:',
      membersOf('lib/cluster/shared-client-state.ts', /^export const SHARED_CLIENT_TRANSITIONS\b/),
    ),
    '## Shared mailboxes',
    ...SHARE_TABLES.map(optionsTable),
    '### States of shared mailboxes',
    states(
      '`client.sharing`, and the event `share`:',
      literalsOf('mailbox/shared/sharing.ts', /^export type SharingState\b/),
    ),
    '## Errors',
    'Match on `error.code`. [errors.md](errors.md) has the cause and the cure of each.',
    table(
      ['code', 'meaning'],
      membersOf('lib/errors.ts', /^export const RpcCode\b/).map(({ type, doc }) => [
        `\`${type.replaceAll("'", '')}\``,
        doc.text,
      ]),
    ),
    'Programs for pomelo-rpc compare the first argument of the event `error` with `RPC_ERROR`:',
    table(
      ['name', 'number'],
      membersOf('lib/compat/pomelo-codes.ts', /^export const RPC_ERROR\b/).map(({ name, type }) => [
        `\`${name}\``,
        type,
      ]),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function optionsTable(given: OptionsTable): string {
  const { title, intro, prefix = '' } = given;
  const rows = optionsOf(given).map(({ name, isOptional, type, doc }) => [
    `\`${prefix}${name}\``,
    code(type.replace(/ \| undefined$/, '').replace(/^\((.*=>.*)\)$/, '$1')),
    doc.unit,
    isOptional ? fallbackOf(doc.fallback) : '*required*',
    doc.range,
    doc.source,
    plain(doc.text),
  ]);
  return [
    `### ${title}`,
    intro,
    table(['option', 'type', 'unit', 'default', 'range', 'source', 'what the option does'], rows),
  ].join('\n\n');
}

function events(of: string, file: string, head: RegExp, intro: string): string {
  const rows = membersOf(file, head).map(({ name, type, doc }) => [
    `\`${name}\``,
    code(type.replace(/^\[(.*)\]$/, '$1')),
    plain(doc.text),
  ]);
  return [`### Events of a ${of}`, intro, table(['event', 'arguments', 'when'], rows)].join('\n\n');
}

function states(intro: string, members: readonly Member[]): string {
  return [
    intro,
    table(
      ['state', 'meaning'],
      members.map(({ name, doc }) => [`\`${name}\``, plain(doc.text)]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('  ', ' ');
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A value as code; words as they are. */
function fallbackOf(written: string): string {
  return isLiteral(written) ? `\`${written}\`` : plain(written);
}

function code(type: string): string {
  return type === '' ? '' : `\`${type}\``;
}

/** Links of docstrings become names: the page has the options in tables of their own. */
function plain(text: string): string {
  return text.replace(/\{@link (?:\w+\.)?([\w.]+)\}/g, '`$1`');
}
