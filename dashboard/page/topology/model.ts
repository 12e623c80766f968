import type { Client, Server, Snapshot, State } from '../../snapshot.js';
import { count, perSecond } from '../format.js';
import { clientName, idsWithStandbys, nameOf, serverName } from '../names.js';
import { type Meaning, mailboxMeaning, mailboxState, serverMeaning } from '../parts/meaning.js';

/** Columns of the picture, from the left. */
export const COLUMNS = ['Machines', 'Clients', 'Mailboxes', 'Server types', 'Servers'] as const;

/** One row of the picture. */
export interface Node {
  /** `machine host-1`, `client KEY`, `clients host-1`, `mailbox TYPE STATE`, `type TYPE`, `server KEY`. */
  readonly id: string;
  readonly column: 0 | 1 | 2 | 3 | 4;
  readonly label: string;
  /** Further words, at the right: a rate, a number. */
  readonly words: string;
  readonly meaning?: Meaning;
  /** Type of servers, of the columns that stand in bands of one type each. */
  readonly band?: string;
  /** Drawn as a mark without words, in a grid with its neighbours. */
  readonly isSmall?: boolean;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Calls a second. */
  readonly rate: number;
  /** No call goes this way at the moment. */
  readonly isBroken: boolean;
}

export interface Model {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** Columns that are drawn one by one, however many rows there are. */
export interface Unfolded {
  readonly clients: boolean;
  readonly servers: boolean;
}

/** Clients above this number are drawn as one row a machine, and servers of a type above that one as marks without words. */
export const MOST_CLIENTS = 16;
export const MOST_SERVERS = 8;

/** Id of the machine of a process that is not known: no node has it. */
const NO_MACHINE = 'machine ';

const BROKEN = ['backoff', 'ejected', 'connecting', 'closed', 'none'];

/** The picture's content, without places. */
export function modelOf({ state }: Snapshot, unfolded: Unfolded): Model {
  const groupOf = clientGroups(state, unfolded.clients);
  const edges = new Map<string, Edge>();
  const boxes = new Map<string, Mailboxes>();
  const rates = new Map<string, number>();
  for (const link of Object.values(state.links)) {
    const server = state.servers[link.server];
    const client = state.clients[link.client];
    if (server === undefined || client === undefined) continue;
    const mailbox = mailboxState(link);
    const id = `mailbox ${server.serverType} ${mailbox}`;
    const rate = link.rate ?? 0;
    const box = boxes.get(id);
    boxes.set(id, { type: server.serverType, mailbox, number: (box?.number ?? 0) + 1, rate: (box?.rate ?? 0) + rate });
    const isBroken = BROKEN.includes(mailbox);
    const from = groupOf(client).id;
    rates.set(from, (rates.get(from) ?? 0) + rate);
    join(edges, { from, to: id, rate, isBroken });
    join(edges, { from: id, to: `type ${server.serverType}`, rate, isBroken });
  }
  const nodes = [
    ...machineNodes(state),
    ...clientNodes(state, groupOf, rates),
    ...mailboxNodes(boxes),
    ...serverNodes(state, unfolded.servers),
  ];
  for (const client of Object.values(state.clients)) {
    const from = machineIdOf(state, client.process);
    if (from !== NO_MACHINE) join(edges, { from, to: groupOf(client).id, rate: 0, isBroken: false });
  }
  for (const { key, serverType, status } of Object.values(state.servers)) {
    const rate = state.figures[key]?.rate ?? 0;
    join(edges, {
      from: `type ${serverType}`,
      to: `server ${key}`,
      rate,
      isBroken: ['unreachable', 'not-admitted', 'standby'].includes(status),
    });
  }
  return { nodes, edges: [...edges.values()] };
}

/** The nodes that belong to one: those that its calls go through, from the machine of the caller to the server, and its processes. */
export function related({ state }: Snapshot, unfolded: Unfolded, id: string): ReadonlySet<string> {
  const { servers, clients, links } = state;
  const groupOf = clientGroups(state, unfolded.clients);
  const found = new Set([id]);
  const add = (way: readonly string[]) => {
    if (way.includes(id)) for (const each of way) found.add(each);
  };
  for (const client of Object.values(clients)) add([machineIdOf(state, client.process), groupOf(client).id]);
  for (const { key, serverType, process } of Object.values(servers)) {
    add([`type ${serverType}`, `server ${key}`]);
    add([machineIdOf(state, process), `server ${key}`]);
  }
  for (const link of Object.values(links)) {
    const server = servers[link.server];
    const client = clients[link.client];
    if (server === undefined || client === undefined) continue;
    const { key, serverType } = server;
    const mailbox = `mailbox ${serverType} ${mailboxState(link)}`;
    add([machineIdOf(state, client.process), groupOf(client).id, mailbox, `type ${serverType}`, `server ${key}`]);
  }
  return found;
}

interface Mailboxes {
  readonly type: string;
  readonly mailbox: string;
  readonly number: number;
  readonly rate: number;
}

interface Group {
  readonly id: string;
  readonly label: string;
}

/** A way from a client to the row that it is drawn in. */
function clientGroups({ clients, processes }: State, unfolded: boolean): (client: Client) => Group {
  const isFolded = !unfolded && Object.keys(clients).length > MOST_CLIENTS;
  return (client) => {
    if (!isFolded) return { id: `client ${client.key}`, label: clientName(client) };
    const place = (client.process === null ? undefined : processes[client.process]?.machine) ?? client.ip;
    return { id: `clients ${place}`, label: nameOf(place) };
  };
}

function join(edges: Map<string, Edge>, edge: Edge): void {
  const key = `${edge.from}\n${edge.to}`;
  const known = edges.get(key);
  const rate = edge.rate + (known?.rate ?? 0);
  edges.set(key, { ...edge, rate, isBroken: edge.isBroken && (known?.isBroken ?? true) });
}

function machineNodes({ machines, processes }: State): Node[] {
  const numbers = new Map<string, number>();
  for (const { machine } of Object.values(processes)) numbers.set(machine, (numbers.get(machine) ?? 0) + 1);
  return Object.values(machines).map(({ name }) => {
    const number = numbers.get(name) ?? 0;
    return {
      id: `machine ${name}`,
      column: 0,
      label: nameOf(name),
      words: number === 1 ? '1 process' : `${count(number)} processes`,
    };
  });
}

function clientNodes(
  { clients }: State,
  groupOf: (client: Client) => Group,
  rates: ReadonlyMap<string, number>,
): Node[] {
  const groups = new Map<string, { readonly group: Group; readonly clients: Client[] }>();
  for (const client of Object.values(clients)) {
    const group = groupOf(client);
    const known = groups.get(group.id);
    if (known === undefined) groups.set(group.id, { group, clients: [client] });
    else known.clients.push(client);
  }
  return [...groups.values()].map(({ group: { id, label }, clients: members }) => {
    const [first] = members;
    const isGroup = id.startsWith('clients ');
    const words = `${perSecond(rates.get(id) ?? 0)}/s`;
    const meaning: Meaning = isGroup
      ? { shape: 'ring', tone: 'dim', word: `${count(members.length)} clients` }
      : sharingMeaning(first);
    return { id, column: 1, label, words, meaning };
  });
}

/** Mark of a client by its part in shared mailboxes. */
export function sharingMeaning(client: Client | undefined): Meaning {
  if (client?.sharing === 'leading') return { shape: 'twin', tone: 'good', word: 'shares its mailboxes' };
  if (client?.sharing === 'following') return { shape: 'arrows', tone: 'dim', word: 'through a shared worker' };
  return client?.kind === 'embedded'
    ? { shape: 'triangle', tone: 'dim', word: 'this program' }
    : { shape: 'ring', tone: 'dim', word: 'client' };
}

function mailboxNodes(boxes: ReadonlyMap<string, Mailboxes>): Node[] {
  return [...boxes].map(([id, { type, mailbox, number, rate }]) => {
    const meaning = mailboxMeaning(mailbox);
    return {
      id,
      column: 2,
      label: `${count(number)} ${meaning.word}`,
      words: `${perSecond(rate)}/s`,
      meaning,
      band: type,
    };
  });
}

function serverNodes(state: State, unfolded: boolean): Node[] {
  const byType = new Map<string, Server[]>();
  for (const server of Object.values(state.servers)) {
    const known = byType.get(server.serverType);
    if (known === undefined) byType.set(server.serverType, [server]);
    else known.push(server);
  }
  const leaders = idsWithStandbys(state);
  const nodes: Node[] = [];
  for (const [type, servers] of [...byType].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const rate = servers.reduce((sum, { key }) => sum + (state.figures[key]?.rate ?? 0), 0);
    nodes.push({
      id: `type ${type}`,
      column: 3,
      label: nameOf(type),
      words: `${count(servers.length)}, ${perSecond(rate)}/s`,
      band: type,
    });
    const isSmall = !unfolded && servers.length > MOST_SERVERS;
    for (const server of servers.sort(byName)) nodes.push(serverNode(state, server, leaders.has(server.id), isSmall));
  }
  return nodes;
}

function serverNode({ figures }: State, server: Server, isLeader: boolean, isSmall: boolean): Node {
  const meaning = serverMeaning(server, isLeader);
  const rate = figures[server.key]?.rate;
  const words =
    server.status === 'standby'
      ? meaning.word
      : `${meaning.word === 'serving' ? '' : `${meaning.word}, `}${perSecond(rate)}/s`;
  return {
    id: `server ${server.key}`,
    column: 4,
    label: serverName(server),
    words,
    meaning,
    band: server.serverType,
    isSmall,
  };
}

function byName({ key: one }: Server, { key: other }: Server): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

function machineIdOf({ processes }: State, process: string | null): string {
  return NO_MACHINE + (process === null ? '' : (processes[process]?.machine ?? ''));
}
