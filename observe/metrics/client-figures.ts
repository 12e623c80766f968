import type { BareClient } from '../../client.js';
import { callLabels } from './call-labels.js';
import { callsOf } from './client-calls.js';
import type { Snapshot } from './snapshot.js';

/** The part of a client that metrics read. */
export type ObservedClient = Pick<BareClient, 'inspect'>;

/** Adds what a client knows at the moment, and the calls that were counted. */
export function addClient(into: Snapshot, client: ObservedClient): void {
  const { servers, sources, sharing } = client.inspect();
  for (const { serverType, mailbox, open, ejected } of servers) {
    const labels = { server_type: serverType };
    into.add('mailstation_client_servers', labels, 1);
    into.add('mailstation_client_open_calls', labels, open);
    into.add('mailstation_client_ejected_servers', labels, ejected ? 1 : 0);
    if (mailbox !== null) into.add('mailstation_client_mailboxes', { ...labels, state: mailbox }, 1);
  }
  for (const { state, age } of sources) {
    into.add('mailstation_client_lists', { state }, 1);
    into.raise('mailstation_client_list_age_seconds', {}, age / 1_000);
  }
  if (sharing !== null) into.add('mailstation_client_shares', { state: sharing }, 1);
  addCalls(into, client);
}

function addCalls(into: Snapshot, client: object): void {
  for (const [serverType, methods] of callsOf(client)?.byType ?? [])
    for (const [method, { durations, calls }] of methods) {
      for (const [code, histogram] of durations) {
        const labels = { ...callLabels(method, code), server_address: serverType };
        into.addLatency('rpc_client_call_duration_seconds', labels, histogram.latency);
      }
      for (const [kind, deliveries] of Object.entries(calls))
        for (const [delivery, count] of Object.entries(deliveries)) {
          const labels = { rpc_method: method, server_type: serverType, kind, delivery };
          if (count > 0) into.add('mailstation_client_calls_total', labels, count);
        }
    }
}
