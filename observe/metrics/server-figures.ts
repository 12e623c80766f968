import type { CallEndCounts, CallStats } from '../../lib/serving/call-stats.js';
import { callStatsOf } from '../../server/operated-server.js';
import type { Server } from '../../server.js';
import { callLabels } from './call-labels.js';
import { OTHER } from './client-calls.js';
import type { Snapshot } from './snapshot.js';

/** Methods of a server that have series of their own: the first ones that were called. */
const MAX_METHODS = 1_000;

/** Adds what a server does at the moment, and the calls that it has counted. */
export function addServer(into: Snapshot, server: Server): void {
  const { load } = server.stats({ limit: 1 });
  const labels = { server_id: server.id ?? '', server_type: server.serverType ?? '' };
  into.add('mailstation_server_running_calls', labels, load.running);
  into.add('mailstation_server_queued_calls', labels, load.queued);
  into.add('mailstation_server_abandoned_calls', labels, load.abandoned);
  if (load.streams !== null) into.add('mailstation_server_streams', labels, load.streams);
  if (load.connections !== null) into.add('mailstation_server_connections', labels, load.connections);
  into.add('mailstation_server_serving', labels, server.health.status === 'serving' ? 1 : 0);
  into.add('mailstation_server_leads', labels, server.state === 'leader' || server.state === 'leaving' ? 1 : 0);
  const stats = callStatsOf(server);
  if (stats !== undefined) addCalls(into, stats);
}

function addCalls(into: Snapshot, stats: CallStats): void {
  let methods = 0;
  for (const [name, ends] of stats.ends()) {
    methods += 1;
    addMethod(into, name === undefined || methods > MAX_METHODS ? OTHER : name, ends);
  }
}

function addMethod(into: Snapshot, method: string, { outcomes, durations }: CallEndCounts): void {
  const name = 'rpc_server_call_duration_seconds';
  into.addLatency(name, callLabels(method, undefined), durations.ok);
  for (const [code, latency] of durations.failed) into.addLatency(name, callLabels(method, code), latency);
  for (const [outcome, count] of Object.entries(outcomes))
    if (count > 0) into.add('mailstation_server_calls_total', { rpc_method: method, outcome }, count);
}
