import type { Latency } from '../../../index.js';
import { latencyAt } from '../../../index.js';
import { LatencyHistogram } from '../../../lib/latency-histogram.js';
import type { FleetSample, MethodSample, Rates, ServerSample } from '../../../observe/fleet/index.js';

/** Rates of so many calls a second over one second, each of `ms`, of which some have failed. */
export function ratesOf(calls: number, ms: number, failures = 0, code = 'ERR_RPC_REMOTE'): Rates {
  const latency = latencyOf(calls, ms);
  return {
    ...{ seconds: 1, ended: calls, left: 0, calls, failures, success: calls === 0 ? null : (calls - failures) / calls },
    outcomes: { ok: calls - failures, failed: failures, refused: 0, late: 0, left: 0, unanswered: 0 },
    codes: failures === 0 ? {} : { [code]: failures },
    latency,
    ...{ p50: latencyAt(latency, 0.5), p95: latencyAt(latency, 0.95), p99: latencyAt(latency, 0.99), max: ms },
    ...{ open: 1, queued: 0, streams: 0 },
  };
}

function latencyOf(count: number, ms: number): Latency {
  const histogram = new LatencyHistogram();
  for (let call = 0; call < count; call += 1) histogram.record(ms * 1_000);
  return histogram.latency;
}

export function methodOf(name: string, rates: Rates | null): MethodSample {
  const { open = 0, queued = 0, streams = 0, latency = latencyOf(0, 0) } = rates ?? {};
  const outcomes = { ok: rates?.ended ?? 0, failed: 0, refused: 0, late: 0, left: 0, unanswered: 0 };
  return { name, servers: 1, total: { name, open, queued, streams, outcomes, codes: {}, latency }, rates };
}

export function serverOf(id: string, rates: Rates | null, more: Partial<ServerSample> = {}): ServerSample {
  return {
    ...{ id, serverType: 'chat', url: 'tcp://127.0.0.1:3333', state: 'answered', failure: null },
    report: {
      time: 0,
      server: {
        ...{ id, serverType: 'chat', state: 'leader', urls: [], pid: 1, machine: 'm', version: '0.1.0' },
        ...{ node: 'v20.20.2', uptime: 200_000, term: null },
      },
      load: {
        ...{ connections: 4, running: 3, queued: 2, abandoned: 0, streams: 1, eventLoopLag: 0.4 },
        ...{ eventLoopActive: 1, eventLoopIdle: 1, rss: 100 * 1_048_576, heapUsed: 1 },
      },
      counting: true,
      others: null,
    },
    health: { format: 1, status: 'serving', namespaces: [] },
    ...{ isRestarted: false, eventLoopUse: 0.25, rates, methods: [] },
    ...more,
  };
}

/** A server that has not answered. */
export function awayOf(id: string, message: string, state: ServerSample['state'] = 'unreachable'): ServerSample {
  const none = { report: null, health: null, eventLoopUse: null };
  return serverOf(id, null, { ...none, state, failure: { code: 'ERR_RPC_CONNECT', message } });
}

export function sampleOf(servers: readonly ServerSample[], methods: readonly MethodSample[] = []): FleetSample {
  const rates = servers.flatMap((server) => (server.rates === null ? [] : [server.rates]));
  const [first = null] = rates;
  return { round: 2, time: Date.UTC(2026, 10, 28, 12), took: 5, servers, methods, rates: first };
}
