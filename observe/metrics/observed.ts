import type { ClusterClient } from '../../lib/cluster/cluster-client.js';
import { loopLag } from '../../lib/loop-lag.js';
import { PACKAGE } from '../../lib/package.js';
import { eventLoopUtilization } from '../../lib/timers.js';
import type { Server } from '../../server.js';
import { addClient, type ObservedClient } from './client-figures.js';
import { addServer } from './server-figures.js';
import { Snapshot } from './snapshot.js';

/** Servers and clients of this process. Each is in a set once. */
export interface Observed {
  readonly servers: ReadonlySet<Server>;
  readonly clients: ReadonlySet<ObservedClient>;
  readonly sharedClients: ReadonlySet<ClusterClient>;
}

/** Takes all series of several sets together. A server or client that is in two of them counts once. */
export function snapshotOf(sets: Iterable<Observed>): Snapshot {
  const into = new Snapshot();
  const all = [...sets];
  for (const server of new Set(all.flatMap(({ servers }) => [...servers]))) addServer(into, server);
  for (const client of new Set(all.flatMap(({ clients }) => [...clients]))) addClient(into, client);
  for (const shared of new Set(all.flatMap(({ sharedClients }) => [...sharedClients]))) addShared(into, shared);
  addProcess(into);
  return into;
}

function addShared(into: Snapshot, { options, isClusterClientLeader }: ClusterClient): void {
  into.raise('mailstation_shared_client_leads', { name: options.name }, isClusterClientLeader === true ? 1 : 0);
}

function addProcess(into: Snapshot): void {
  const { active, idle } = eventLoopUtilization();
  into.add('mailstation_event_loop_lag_seconds', {}, loopLag.ms / 1_000);
  into.add('mailstation_event_loop_active_seconds_total', {}, active / 1_000);
  into.add('mailstation_event_loop_idle_seconds_total', {}, idle / 1_000);
  into.add('mailstation_info', { version: PACKAGE.version }, 1);
}
