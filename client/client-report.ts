import { endpointOf, urlOf } from '../lib/endpoint.js';
import type { RosterReport } from '../lib/registry/roster-report.js';
import type { MailBoxState, MailStation, MailStationState, SharingState } from '../station/index.js';

/** A server as a client knows it. Later versions may add fields. */
export interface KnownServer {
  readonly id: string;
  readonly serverType: string;
  /** Place of the server: `tcp://127.0.0.1:3333`. */
  readonly url: string;
  /** State of the connection; null where none was needed yet. */
  readonly mailbox: MailBoxState | null;
  /** Calls for the server that are not answered, or wait for the connection. */
  readonly open: number;
  /** Recent latency; null where nothing is known. Unit: ms */
  readonly latency: number | null;
  /** True where routers do not choose from the server, since it has failed again and again (`ejection`). */
  readonly ejected: boolean;
}

/** A client as it is at the moment. Later versions may add fields. */
export interface ClientReport {
  /** Form of the report. */
  readonly format: 1;
  /** Name that the client gives itself: the option `clientId`, or what stands in its place. null: none */
  readonly clientId: string | null;
  readonly state: MailStationState;
  /** State of the shared mailboxes; null for a client with mailboxes of its own. */
  readonly sharing: SharingState | null;
  /** Calls that are not answered, or wait for a connection, over all servers. */
  readonly open: number;
  /** Servers that can be called, in the order of the roster. */
  readonly servers: readonly KnownServer[];
  /** Lists of the option `registry`; empty without the option. */
  readonly sources: readonly RosterReport[];
}

export function clientReport(
  station: MailStation,
  clientId: string | undefined,
  sources: readonly RosterReport[],
): ClientReport {
  const servers = station.allServers().map((server) => ({
    ...{ id: server.id, serverType: server.serverType, url: urlOf(endpointOf(server)) },
    mailbox: station.mailboxState(server.id) ?? null,
    open: station.inFlight(server.id),
    latency: station.latency(server.id) ?? null,
    ejected: station.health(server.id)?.state === 'ejected',
  }));
  const open = servers.reduce((sum, server) => sum + server.open, 0);
  const { state, sharing = null } = station;
  return { format: 1, clientId: clientId ?? null, state, sharing, open, servers, sources };
}
