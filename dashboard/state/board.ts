import { hostname } from 'node:os';
import { PACKAGE } from '../../lib/package.js';
import type { RosterReport } from '../../lib/registry/roster-report.js';
import { isOfServices, mergedRates } from '../../observe/fleet/index.js';
import { COLLECTIONS } from '../apply.js';
import type { About, Delta, Figures, Process, RosterSource, Server, Snapshot, State, Totals } from '../snapshot.js';
import type { Observation, ObservedServer } from '../watch.js';
import { type Callers, callersOf, type EmbeddedClient } from './callers.js';
import { Calls } from './calls.js';
import { Changes } from './changes.js';
import { difference } from './difference.js';
import { rounded } from './keys.js';
import { methodsOf } from './methods.js';
import { figuresOf, processOf, serverOf, shareOf, standbysOf } from './servers.js';

/** Servers and callers that are shown; one more is counted in `left`. */
const MAX_SERVERS = 1_000;
const MAX_CLIENTS = 2_000;
const MAX_LINKS = 10_000;

/** Settings of the dashboard that the page shows. */
export type BoardSettings = Pick<About, 'interval' | 'history' | 'allowCalls' | 'from'>;

/** State of now, with the difference from the state before; the first state has no difference. */
export interface BoardState {
  readonly snapshot: Snapshot;
  readonly delta: Delta | undefined;
  readonly figures: ReadonlyMap<string, Figures>;
}

/** Makes of each observation the state that the page shows. */
export class Board {
  readonly calls: Calls;
  readonly #settings: BoardSettings;
  readonly #changes = new Changes();
  #last: Snapshot | undefined;

  constructor(settings: BoardSettings) {
    this.#settings = settings;
    this.calls = new Calls(settings.interval);
  }

  get snapshot(): Snapshot | undefined {
    return this.#last;
  }

  next(seen: Observation, embedded: readonly EmbeddedClient[], sources: readonly RosterReport[]): BoardState {
    const last = this.#last;
    const { time } = seen;
    const servers = seen.servers.slice(0, MAX_SERVERS);
    const seconds = last === undefined ? undefined : Math.max(1, time - last.time) / 1_000;
    const callers = callersOf(servers, embedded, last?.state.links ?? {}, seconds, (server) => offsetOf(server, time));
    for (const server of servers) this.calls.take(server, callers.byConnection, offsetOf(server, time));
    const { methods, serverMethods, left } = methodsOf(servers);
    const figures = new Map(servers.flatMap(({ sample }) => entry(sample.id, figuresOf(sample))));
    const processes = processesOf(servers, callers, last?.state.processes ?? {}, time);
    const entries = entriesOf(servers);
    const [clients, links] = [first(callers.clients, MAX_CLIENTS), first(callers.links, MAX_LINKS)];
    this.#changes.note(last?.state, { servers: record(entries), clients: record(clients), links: record(links) }, time);
    const maps: Record<keyof State, ReadonlyMap<string, unknown>> = {
      machines: new Map([...processes.values()].map(({ machine }) => [machine, { name: machine }])),
      ...{ processes, servers: entries, figures, methods, serverMethods, clients, links },
      sources: new Map(sources.map((report) => [report.source, sourceOf(report)])),
      ...{ errors: this.calls.errors, slow: this.calls.slow, events: this.#changes.entries },
    };
    // The type of `maps` holds that there is a map for each name; `fromEntries` loses the names.
    const state = Object.fromEntries(COLLECTIONS.map((name) => [name, record(maps[name])])) as unknown as State;
    const about = this.#about({
      ...left,
      servers: seen.servers.length - servers.length,
      clients: callers.clients.size - clients.size,
      links: callers.links.size - links.size,
    });
    const totals = totalsOf(servers, entries, figures, callers.clients.size);
    const snapshot: Snapshot = { format: 1, seq: (last?.seq ?? 0) + 1, time, about, totals, state };
    this.#last = snapshot;
    return { snapshot, delta: last && deltaOf(last, snapshot), figures };
  }

  /** Notes a fault of the dashboard, which the next state has among its changes. */
  noteFault(text: string, time: number): void {
    this.#changes.fault(text, time);
  }

  /** State in the place of one that could not be made, for a fault of the dashboard: that of before, with the newest changes. */
  failed(time: number): BoardState {
    const last = this.#last;
    // A map for each name, as in next(); `fromEntries` loses the names.
    const nothing = Object.fromEntries(COLLECTIONS.map((name) => [name, record(new Map())])) as unknown as State;
    const state: State = { ...(last?.state ?? nothing), events: record(this.#changes.entries) };
    const { about = this.#about({}), totals = totalsOf([], new Map(), new Map(), 0) } = last ?? {};
    const snapshot: Snapshot = { format: 1, seq: (last?.seq ?? 0) + 1, time, about, totals, state };
    this.#last = snapshot;
    return { snapshot, delta: last && deltaOf(last, snapshot), figures: new Map() };
  }

  #about(left: Required<About>['left']): About {
    const counts = Object.entries(left).filter(([, count]) => count > 0);
    return {
      ...{ version: PACKAGE.version, node: process.version, machine: hostname(), pid: process.pid },
      ...this.#settings,
      left: Object.fromEntries(counts),
    };
  }
}

function deltaOf(last: Snapshot, { seq, time, totals, about, state }: Snapshot): Delta {
  const isSame = JSON.stringify(about) === JSON.stringify(last.about);
  return { format: 1, seq, time, totals, ...(!isSame && { about }), ...difference(last.state, state) };
}

/** Time of the dashboard less that of the server. The report is at most a round old. */
function offsetOf({ sample }: ObservedServer, time: number): number {
  return sample.report === null ? 0 : time - sample.report.time;
}

function entriesOf(servers: readonly ObservedServer[]): Map<string, Server> {
  const entries = new Map<string, Server>();
  for (const server of servers)
    for (const each of [serverOf(server), ...standbysOf(server)]) entries.set(each.key, each);
  return entries;
}

function processesOf(
  servers: readonly ObservedServer[],
  callers: Callers,
  before: Readonly<Record<string, Process>>,
  time: number,
): Map<string, Process> {
  const processes = new Map(callers.processes);
  for (const { sample } of servers) {
    const id = sample.report && `${sample.report.server.machine}/${sample.report.server.pid}`;
    const process = processOf(sample, time, id === null ? undefined : before[id]);
    if (process !== undefined) processes.set(process.id, process);
  }
  return processes;
}

function totalsOf(
  servers: readonly ObservedServer[],
  entries: ReadonlyMap<string, Server>,
  figures: ReadonlyMap<string, Figures>,
  clients: number,
): Totals {
  const all = [...figures.values()];
  const sum = (value: (each: Figures) => number | null): number =>
    rounded(all.reduce((total, each) => total + (value(each) ?? 0), 0));
  const samples = servers.flatMap(({ sample }) => sample.methods.filter(isOfServices));
  const rates = mergedRates(samples.flatMap((method) => (method.rates === null ? [] : [method.rates])));
  const leading = [...entries.values()].filter(({ role }) => role !== 'standby');
  const [rate, failed, left] = [sum((each) => each.rate), sum((each) => each.failed), sum((each) => each.left)];
  return {
    ...{ servers: leading.length, serving: leading.filter(({ status }) => status === 'serving').length, clients },
    ...{ rate, failed, left, success: rounded(shareOf(failed, rate - left)) },
    ...{ p50: rounded(rates?.p50 ?? null), p95: rounded(rates?.p95 ?? null), p99: rounded(rates?.p99 ?? null) },
    max: rounded(rates?.max ?? null),
    ...{ running: sum((each) => each.running), queued: sum((each) => each.queued) },
    streams: sum((each) => each.streams),
  };
}

function sourceOf({ source, state, age, servers, draining, lost, reason }: RosterReport): RosterSource {
  return { source, state, age, servers: servers.length, draining, lost, reason: reason?.message ?? null };
}

function entry<Value>(key: string, value: Value | undefined): [string, Value][] {
  return value === undefined ? [] : [[key, value]];
}

function first<Value>(map: ReadonlyMap<string, Value>, most: number): ReadonlyMap<string, Value> {
  return map.size <= most ? map : new Map([...map].slice(0, most));
}

/** Without a prototype: keys are ids and names of methods, which may be `__proto__`. */
function record<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  const made: Record<string, Value> = Object.create(null);
  for (const [key, value] of map) made[key] = value;
  return made;
}
