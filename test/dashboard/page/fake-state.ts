import type {
  Delta,
  FailedCall,
  Figures,
  MethodFigures,
  SlowCall,
  Snapshot,
  State,
  Totals,
} from '../../../dashboard/snapshot.js';

type Mutable<Each> = { -readonly [Key in keyof Each]: Each[Key] };
type Draft = { [Name in keyof State]: { [key: string]: State[Name][string] } };

/** How many of each there are. */
export interface FakeSize {
  readonly servers: number;
  readonly clients: number;
  /** Methods of each type of servers. */
  readonly methods: number;
}

export const START = Date.UTC(2026, 0, 2, 12, 0, 0);
const TYPES = ['chat', 'gate', 'match', 'store'];
const NAMES = ['rooms.enter', 'rooms.leave', 'users.find', 'users.rename', 'scores.top', 'scores.add', 'feed.watch'];

/** Numbers between 0 and 1 that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A fleet as a dashboard could report it: types, Leaders and standbys, unwell servers, shared workers, failures, slow calls. */
export function fakeSnapshot(size: FakeSize = { servers: 14, clients: 9, methods: 6 }): Snapshot {
  const random = numbers(7);
  const state: Draft = {
    ...{ machines: {}, processes: {}, servers: {}, figures: {}, methods: {}, serverMethods: {} },
    ...{ clients: {}, links: {}, sources: {}, errors: {}, slow: {}, events: {} },
  };
  for (let at = 0; at < size.servers; at += 1) addServer(state, at, random, size.methods);
  addStandby(state);
  for (let at = 0; at < size.clients; at += 1) addClient(state, at, random);
  for (let at = 0; at < 4; at += 1) {
    state.errors[`e${at}`] = failedCall(`e${at}`, START - 9_000 + at * 2_000, at);
    state.slow[`s${at}`] = slowCall(`s${at}`, START - 8_000 + at * 1_500, at);
  }
  state.sources['registry'] = {
    ...{ source: 'etcd 127.0.0.1:2379', state: 'current', age: 1_200, servers: size.servers },
    ...{ draining: [], lost: [], reason: null },
  };
  for (const [at, text] of ['chat-2 has joined', 'match-3 is not serving: the database is down'].entries())
    state.events[`c${at}`] = {
      key: `c${at}`,
      time: START - 5_000 + at * 1_000,
      kind: 'server-joined',
      server: 'chat-2',
      client: null,
      text,
    };
  return {
    ...{ format: 1, seq: 1, time: START },
    about: {
      ...{ version: '0.1.0', node: 'v22.1.0', machine: 'ops', pid: 77, interval: 1_000, history: 300_000 },
      ...{ allowCalls: true, from: 'etcd at 127.0.0.1:2379', left: {} },
    },
    totals: totalsOf(state as State),
    state: state as State,
  };
}

/** The state a second later: all figures differ. */
export function nextDelta({ seq, time, state }: Snapshot): Delta {
  const random = numbers(seq * 31);
  const figures: Record<string, Figures> = {};
  for (const key of Object.keys(state.figures)) figures[key] = figuresOf(random);
  const serverMethods = Object.fromEntries(
    Object.entries(state.serverMethods).map(([key, each]) => [
      key,
      { ...each, ...methodFigures(random), calls: each.calls + 3 },
    ]),
  );
  const methods = Object.fromEntries(
    Object.entries(state.methods).map(([key, each]) => [
      key,
      { ...each, ...methodFigures(random), calls: each.calls + 9 },
    ]),
  );
  const links = Object.fromEntries(
    Object.entries(state.links).map(([key, each]) => [
      key,
      { ...each, rate: random() * 40, calls: (each.calls ?? 0) + 20 },
    ]),
  );
  const set = { figures, serverMethods, methods, links };
  return { format: 1, seq: seq + 1, time: time + 1_000, totals: totalsOf({ ...state, ...set }), set, gone: {} };
}

export function failedCall(key: string, time: number, at = 0): FailedCall {
  const codes = ['ERR_RPC_REMOTE', 'ERR_RPC_TIMEOUT', 'ERR_RPC_OVERLOADED', 'ERR_RPC_CONNECTION_LOST'];
  return {
    ...{
      key,
      time,
      by: at % 2 === 0 ? 'server' : 'client',
      server: 'chat-1',
      serverType: 'chat',
      method: 'user.rooms.enter',
    },
    ...{
      client: 'client-1',
      caller: 'gate-1 at host-1',
      code: codes[at % codes.length] ?? '',
      outcome: at % 2 === 0 ? 'failed' : null,
    },
    ...{ delivery: at % 2 === 0 ? null : 'unknown', message: 'the room is full: 50 of 50 seats are taken' },
    explained: 'The method has thrown an error. Look at the message, and at the log of the server.',
    ...{ duration: 41, stages: stages(41), timing: ['the event loop of the server was blocked for 20 ms'], more: at },
  };
}

export function slowCall(key: string, time: number, at = 0): SlowCall {
  const duration = 300 + at * 220;
  return {
    ...{
      key,
      time,
      server: 'chat-1',
      serverType: 'chat',
      method: 'user.scores.top',
      client: 'client-1',
      caller: 'gate-1',
    },
    ...{ outcome: 'ok', code: null, duration, stages: stages(duration) },
  };
}

function stages(ms: number): FailedCall['stages'] {
  return [
    { name: 'on the way to the server', end: 'client', ms: ms * 0.1 },
    { name: 'in the queue of the server', end: 'server', ms: ms * 0.3 },
    { name: 'in the method', end: 'server', ms: ms * 0.6 },
  ];
}

function addServer(state: Draft, at: number, random: () => number, methods: number): void {
  const serverType = TYPES[at % TYPES.length] ?? '';
  const number = Math.floor(at / TYPES.length) + 1;
  const key = `${serverType}-${number}`;
  const machine = `host-${(at % 6) + 1}`;
  const process = `${machine}/${4_000 + at}`;
  state.machines[machine] = { name: machine };
  state.processes[process] = {
    id: process,
    machine,
    pid: 4_000 + at,
    version: '0.1.0',
    node: 'v22.1.0',
    since: START - 3_700_000,
  };
  const isUnwell = key === 'match-3';
  const isGone = key === 'store-2';
  state.servers[key] = {
    ...{ key, id: key, serverType, url: `tcp://${machine}:${7_000 + at}`, process, role: 'leads', counting: true },
    status: isUnwell ? 'not-serving' : isGone ? 'unreachable' : key === 'gate-3' ? 'draining' : 'serving',
    reason: isUnwell ? 'the database is down' : null,
    unwell: isUnwell ? [{ namespace: 'user', status: 'not-serving', reason: 'the database is down' }] : [],
    term: serverType === 'store' ? 4 : null,
    problem: isGone ? 'Nobody listens at tcp://host-2:7007. Look whether the process runs.' : null,
    code: isGone ? 'ERR_RPC_UNREACHABLE' : null,
  };
  state.figures[key] = figuresOf(random);
  for (let method = 0; method < methods; method += 1) {
    const name = `user.${NAMES[method % NAMES.length]}${method < NAMES.length ? '' : method}`;
    const one = {
      serverType,
      method: name,
      ...methodFigures(random),
      calls: 1_000,
      left: 0,
      codes: { ERR_RPC_REMOTE: 3 },
    };
    const figures: MethodFigures = name.endsWith('watch') ? { ...one, streams: 4 } : one;
    state.methods[`${serverType} ${name}`] = figures;
    state.serverMethods[`${key} ${name}`] = { ...figures, server: key };
  }
}

function addStandby(state: Draft): void {
  const key = 'store-1 host-5/9000';
  state.processes['host-5/9000'] = {
    id: 'host-5/9000',
    machine: 'host-5',
    pid: 9_000,
    version: '0.1.0',
    node: 'v22.1.0',
    since: START,
  };
  state.machines['host-5'] = { name: 'host-5' };
  state.servers[key] = {
    ...{
      key,
      id: 'store-1',
      serverType: 'store',
      url: null,
      process: 'host-5/9000',
      status: 'standby',
      reason: null,
      unwell: [],
    },
    ...{ role: 'standby', term: null, counting: false, problem: null, code: null },
  };
}

function addClient(state: Draft, at: number, random: () => number): void {
  const key = `client-${at + 1}`;
  const machine = `host-${(at % 6) + 1}`;
  const process = `${machine}/${6_000 + at}`;
  state.machines[machine] = { name: machine };
  state.processes[process] = {
    id: process,
    machine,
    pid: 6_000 + at,
    version: '0.1.0',
    node: 'v22.1.0',
    since: START - 90_000,
  };
  state.clients[key] = {
    ...{
      key,
      name: at % 3 === 0 ? null : `web-${at + 1}`,
      process,
      ip: '10.0.0.7',
      kind: at === 0 ? 'embedded' : 'client',
    },
    sharing: at === 1 ? 'leading' : at === 2 ? 'following' : null,
  };
  for (const server of Object.values(state.servers).filter((_, number) => number % 3 === at % 3)) {
    if (server.status === 'standby') continue;
    const isEjected = server.key === 'match-3' && at % 2 === 0;
    state.links[`${key} ${server.key}`] = {
      ...{ client: key, server: server.key, connections: 1, since: START - 60_000, rate: random() * 40, calls: 4_000 },
      ...{
        open: Math.floor(random() * 4),
        mailbox: at === 0 ? (isEjected ? 'backoff' : 'ready') : null,
        ejected: isEjected,
      },
      ...{ reason: isEjected ? 'connect ECONNREFUSED' : null, latency: random() * 9, identity: null },
    };
  }
}

function figuresOf(random: () => number): Figures {
  const rate = 50 + random() * 400;
  const failed = random() < 0.2 ? random() * 3 : 0;
  return {
    ...{
      rate,
      failed,
      left: 0,
      success: 1 - failed / rate,
      p50: 0.4 + random(),
      p95: 3 + random() * 4,
      p99: 9 + random() * 20,
      max: 80,
    },
    ...{
      running: Math.floor(random() * 30),
      queued: Math.floor(random() * 4),
      abandoned: 0,
      streams: Math.floor(random() * 6),
    },
    ...{
      connections: 12,
      lag: random() * 4,
      busy: 0.1 + random() * 0.5,
      rss: 9e7 + random() * 4e7,
      heap: 3e7 + random() * 1e7,
    },
  };
}

function methodFigures(random: () => number) {
  const rate = random() * 120;
  const failed = random() < 0.2 ? random() : 0;
  return {
    ...{ rate, failed, success: rate === 0 ? null : 1 - failed / Math.max(rate, failed) },
    ...{
      p50: 0.4 + random(),
      p95: 3 + random() * 4,
      p99: 8 + random() * 20,
      max: 60,
      open: Math.floor(random() * 9),
      queued: 0,
      streams: 0,
    },
  };
}

function totalsOf({ servers, figures, clients }: State): Totals {
  const sum = (field: 'rate' | 'failed' | 'running' | 'queued' | 'streams') =>
    Object.values(figures).reduce((total, each) => total + (each[field] ?? 0), 0);
  const all = Object.values(servers);
  const totals: Mutable<Totals> = {
    ...{ servers: all.length, serving: all.filter(({ status }) => status === 'serving').length },
    ...{ clients: Object.keys(clients).length, rate: sum('rate'), failed: sum('failed'), left: 0, success: null },
    ...{
      p50: 0.8,
      p95: 5.4,
      p99: 18 + (sum('running') % 9),
      max: 81,
      running: sum('running'),
      queued: sum('queued'),
      streams: sum('streams'),
    },
  };
  totals.success = totals.rate === 0 ? null : 1 - totals.failed / totals.rate;
  return totals;
}
