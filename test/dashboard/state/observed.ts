import type { ObservedServer } from '../../../dashboard/watch.js';
import type { ConnectionReport } from '../../../server/connections.js';
import type { RecentCall } from '../../../server/recent-calls.js';

const OUTCOMES = { ok: 1, failed: 0, refused: 0, late: 0, left: 0, unanswered: 0 };
const NO_LATENCY = { count: 0, sum: 0, max: 0, buckets: [] };

export interface Fake {
  readonly id?: string;
  readonly pid?: number;
  readonly methods?: readonly string[];
  readonly connections?: readonly Partial<ConnectionReport>[] | null;
  readonly failed?: readonly Partial<RecentCall>[];
  readonly time?: number;
  readonly uptime?: number;
}

/** An answered server of type `a`, with what a test wants to differ. */
export function observed({
  id = 'a-1',
  pid = 7,
  methods = [],
  connections = [],
  failed = [],
  time = 0,
  uptime = 9_000,
}: Fake): ObservedServer {
  const identity = {
    id,
    serverType: 'a',
    state: 'leader',
    urls: [],
    term: null,
    pid,
    machine: 'm',
    version: '1',
    node: 'v20',
    uptime,
  };
  const load = {
    connections: 0,
    running: 1,
    queued: 0,
    abandoned: 0,
    streams: 0,
    eventLoopLag: 1,
    eventLoopActive: 1,
    eventLoopIdle: 1,
  };
  const total = (name: string) => ({
    name,
    open: 0,
    streams: 0,
    queued: 0,
    outcomes: OUTCOMES,
    codes: {},
    latency: NO_LATENCY,
  });
  return {
    client: undefined as never,
    connections: connections?.map((each, at) => connection(String(at + 1), each)) ?? null,
    recent: {
      ...{ format: 1, time, counting: true, seq: failed.length, slowCall: 250, slow: [] },
      failed: failed.map((each, at) => recent(at + 1, each)),
    },
    sample: {
      ...{
        id,
        serverType: 'a',
        url: 'tcp://127.0.0.1:1',
        state: 'answered',
        failure: null,
        isRestarted: false,
        eventLoopUse: 0.5,
      },
      health: { format: 1, status: 'serving', namespaces: [] } as never,
      report: {
        time,
        server: identity as never,
        load: { ...load, rss: 1, heapUsed: 1 },
        counting: true,
        recent: failed.length,
        others: null,
      },
      rates: null,
      methods: methods.map((name) => ({ name, servers: 1, total: total(name), rates: null })),
    },
  };
}

function connection(id: string, given: Partial<ConnectionReport>): ConnectionReport {
  const process = { machine: 'm', pid: 9, version: '1' };
  return {
    ...{
      id,
      peer: '127.0.0.1:5',
      ip: '127.0.0.1',
      clientId: null,
      process,
      standby: false,
      proven: [],
      since: 0,
      calls: 0,
      open: 0,
    },
    ...given,
  };
}

function recent(id: number, given: Partial<RecentCall>): RecentCall {
  return {
    ...{ id, seq: id, time: 0, method: 'u.m.f', outcome: 'failed', code: 'ERR_RPC_REMOTE', message: 'no', duration: 3 },
    ...{ queued: 1, oneway: false, stream: false, connection: '1', caller: '1', more: 0 },
    ...given,
  };
}
