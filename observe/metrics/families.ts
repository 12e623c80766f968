/** Types of metrics that the text format of Prometheus has, as far as they are used here. */
type FamilyType = 'counter' | 'gauge' | 'histogram';

export interface FamilyHead {
  readonly type: FamilyType;
  readonly help: string;
  /** How prom-client joins the series of several workers of node:cluster. @default 'sum' */
  readonly ofWorkers?: 'sum' | 'max' | 'first';
}

/** All metrics, by name. The names of the histograms are those that OpenTelemetry's names become in Prometheus. docs/metrics.md shows the table. */
export const FAMILIES = {
  rpc_server_call_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a call at a server to its end. Streams are not counted here.',
  },
  rpc_client_call_duration_seconds: {
    type: 'histogram',
    help: 'Time from the start of a call at a client to its outcome, with all attempts. Streams are not counted here.',
  },
  mailstation_server_calls_total: {
    type: 'counter',
    help: 'Calls that ended at a server, streams included, by outcome.',
  },
  mailstation_server_running_calls: { type: 'gauge', help: 'Calls whose methods run.' },
  mailstation_server_queued_calls: { type: 'gauge', help: 'Calls that wait for a place among the running ones.' },
  mailstation_server_abandoned_calls: {
    type: 'gauge',
    help: 'Calls whose callers have gone, and whose methods have not ended.',
  },
  mailstation_server_streams: { type: 'gauge', help: 'Open streams among the running calls.' },
  mailstation_server_connections: { type: 'gauge', help: 'Open connections of callers.' },
  mailstation_server_serving: { type: 'gauge', help: '1 while the health of the server is serving, else 0.' },
  mailstation_server_leads: {
    type: 'gauge',
    help: '1 while the server leads and listens, 0 while it stands by or stops.',
  },
  mailstation_client_calls_total: {
    type: 'counter',
    help: 'Calls that ended at a client, streams included, by how far they got.',
  },
  mailstation_client_open_calls: {
    type: 'gauge',
    help: 'Calls that are not answered, or wait for the connection to their server.',
  },
  mailstation_client_servers: { type: 'gauge', help: 'Servers that the client knows and can call.' },
  mailstation_client_mailboxes: { type: 'gauge', help: 'Connections to servers, by state.' },
  mailstation_client_ejected_servers: {
    type: 'gauge',
    help: 'Servers that routers do not choose, since calls to them have failed.',
  },
  mailstation_client_lists: { type: 'gauge', help: 'Lists of servers of the option registry, by state.' },
  mailstation_client_list_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest list of servers; 0 while all lists are current.',
    ofWorkers: 'max',
  },
  mailstation_client_shares: { type: 'gauge', help: 'Clients with shared mailboxes, by state.' },
  mailstation_shared_client_leads: {
    type: 'gauge',
    help: '1 while this process leads the shared client, 0 while another one does or none.',
  },
  mailstation_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'Smoothed lag of the event loop.',
    ofWorkers: 'max',
  },
  mailstation_event_loop_active_seconds_total: { type: 'counter', help: 'Time for which the event loop was busy.' },
  mailstation_event_loop_idle_seconds_total: { type: 'counter', help: 'Time for which the event loop was idle.' },
  mailstation_info: { type: 'gauge', help: 'Always 1, with the version of mailstation.', ofWorkers: 'first' },
} as const satisfies Readonly<Record<string, FamilyHead>>;

export type FamilyName = keyof typeof FAMILIES;

/** Labels of one series, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;
