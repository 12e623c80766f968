import type { Change, Link, Server, State } from '../snapshot.js';
import { ascendingKey } from './keys.js';

const MAX_CHANGES = 200;
/** Changes of one state that are listed: more of them at once say no more. */
const MAX_AT_ONCE = 40;

type Told = Omit<Change, 'key' | 'time'>;
type Parts = Pick<State, 'servers' | 'clients' | 'links'>;

/** Changes between states, as a list for people. */
export class Changes {
  readonly entries = new Map<string, Change>();
  /** Process of each server when the server was last asked: while a standby takes over, the server cannot be asked. */
  readonly #leaders = new Map<string, string>();
  /** Processes that have stood by for each server, as long as the server is known. */
  readonly #stoodBy = new Map<string, Set<string>>();
  #last = 0;

  /** Notes what differs. The first state is no change. */
  note(before: Parts | undefined, now: Parts, time: number): void {
    const led = this.#noteLeaders(now.servers);
    if (before === undefined) return;
    const told = [...led, ...serverChanges(before, now), ...clientChanges(before, now), ...linkChanges(before, now)];
    for (const change of told.slice(0, MAX_AT_ONCE)) this.#add(change, time);
  }

  /** Notes a fault of the dashboard itself. */
  fault(text: string, time: number): void {
    this.#add({ kind: 'fault', server: null, client: null, text }, time);
  }

  #add(change: Told, time: number): void {
    this.#last += 1;
    const key = ascendingKey(this.#last);
    this.entries.set(key, { key, time, ...change });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_CHANGES && oldest !== undefined) this.entries.delete(oldest);
  }

  #noteLeaders(servers: Parts['servers']): Told[] {
    const told: Told[] = [];
    for (const [key, { role, id, process }] of Object.entries(servers)) {
      if (process === null) continue;
      if (role === 'standby') {
        this.#stoodBy.set(id, (this.#stoodBy.get(id) ?? new Set()).add(process));
        continue;
      }
      const last = this.#leaders.get(key);
      this.#leaders.set(key, process);
      if (last === undefined || last === process) continue;
      const stoodBy = this.#stoodBy.get(id)?.has(process) === true ? ', which stood by,' : '';
      const text = `${process}${stoodBy} leads ${id} in the place of ${last}`;
      told.push({ kind: 'leader-changed', server: key, client: null, text });
    }
    for (const key of this.#leaders.keys()) if (servers[key] === undefined) this.#leaders.delete(key);
    for (const id of this.#stoodBy.keys()) if (servers[id] === undefined) this.#stoodBy.delete(id);
    return told;
  }
}

function serverChanges({ servers: before }: Parts, { servers: now }: Parts): Told[] {
  const told: Told[] = [];
  for (const [key, server] of Object.entries(now)) {
    const old = before[key];
    const about = { server: key, client: null };
    if (old === undefined) told.push({ kind: 'server-joined', ...about, text: joinedText(server) });
    else if (server.status !== old.status)
      told.push({
        kind: 'server-status',
        ...about,
        text: `${server.id} is ${server.status}, after ${old.status}${why(server)}`,
      });
  }
  for (const [key, old] of Object.entries(before)) {
    if (now[key] !== undefined) continue;
    const text = old.role === 'standby' ? `${old.process} stands by for ${old.id} no more` : `${old.id} has left`;
    told.push({ kind: 'server-left', server: key, client: null, text });
  }
  return told;
}

function joinedText({ role, id, process, serverType }: Server): string {
  if (role === 'standby') return `${process} stands by for ${id}`;
  return serverType === '' ? `${id} has joined` : `${id} of type ${serverType} has joined`;
}

function why({ reason, problem }: Server): string {
  const text = reason ?? problem;
  return text === null ? '' : `: ${text}`;
}

function clientChanges({ clients: before }: Parts, { clients: now }: Parts): Told[] {
  const joined = Object.keys(now).filter((key) => before[key] === undefined);
  const left = Object.keys(before).filter((key) => now[key] === undefined);
  return [
    ...joined.map(
      (client): Told => ({ kind: 'client-joined', server: null, client, text: `the caller ${client} has connected` }),
    ),
    ...left.map(
      (client): Told => ({ kind: 'client-left', server: null, client, text: `the caller ${client} has left` }),
    ),
  ];
}

function linkChanges({ links: before }: Parts, { links: now }: Parts): Told[] {
  return Object.entries(now).flatMap(([key, link]): Told[] => {
    const old = before[key];
    if (old === undefined) return [];
    const about = { server: link.server, client: link.client };
    const told: Told[] = [];
    if (link.ejected !== old.ejected)
      told.push({ kind: link.ejected ? 'ejected' : 'readmitted', ...about, text: ejectionText(link) });
    if (link.mailbox !== old.mailbox && link.mailbox !== null && old.mailbox !== null)
      told.push({
        kind: 'mailbox',
        ...about,
        text: `the mailbox of ${link.server} is ${link.mailbox}, after ${old.mailbox}`,
      });
    return told;
  });
}

function ejectionText({ server, ejected }: Link): string {
  return ejected ? `routers pass ${server} over, since calls to it failed` : `routers choose ${server} again`;
}
