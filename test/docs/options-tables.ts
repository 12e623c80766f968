import { CLIENT_DEFAULTS } from '../../client/options.js';
import { RETRY_BUDGET_DEFAULTS } from '../../failure/retry-budget.js';
import { CALL_DEFAULTS } from '../../lib/call/call-contract.js';
import { CLUSTER_ELECTION_DEFAULTS } from '../../lib/cluster/election-options.js';
import { CLUSTER_DEFAULTS } from '../../lib/cluster/options.js';
import { CLUSTER_SHARE_DEFAULTS } from '../../lib/cluster/share-options.js';
import { HTTP_LISTEN_DEFAULTS } from '../../lib/leader/http-door.js';
import { DEFAULT_STREAM_WINDOW } from '../../lib/protocol/stream-window.js';
import { ADVERTISE_DEFAULTS } from '../../lib/registry/advertise.js';
import { DNS_DEFAULTS } from '../../lib/registry/dns/options.js';
import { ELECTION_DEFAULTS } from '../../lib/registry/engine-election.js';
import { MACHINE_SHARE_DEFAULTS } from '../../lib/registry/machine-share.js';
import { REGISTRY_DEFAULTS } from '../../lib/registry/registry-options.js';
import { SERVER_INFO_DEFAULTS } from '../../lib/server-info.js';
import { TLS_DEFAULTS } from '../../lib/transport/tls-options.js';
import { SHARE_DEFAULTS } from '../../mailbox/shared/options.js';
import { CONSISTENT_HASH_DEFAULTS } from '../../router/consistent-hash.js';
import { SERVER_DEFAULTS } from '../../server/options.js';
import { EJECTION_DEFAULTS } from '../../station/health/options.js';
import { TOO_BUSY_DEFAULTS } from '../../station/too-busy.js';
import { type Member, membersOf } from './declarations.js';

/** An interface of options, and where its defaults stand. */
export interface OptionsTable {
  readonly title: string;
  readonly intro: string;
  readonly file: string;
  readonly name: string;
  /** Written before each option: `ejection.`. */
  readonly prefix?: string;
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** The options of a client, by the interface that declares them. */
export const CLIENT_TABLES: readonly OptionsTable[] = [
  {
    title: 'Calls and routers',
    intro: 'Options of `createClient`. A call takes its own deadline by `.with({ timeout })`.',
    file: 'client/options.ts',
    name: 'ClientOptions',
    defaults: CLIENT_DEFAULTS,
  },
  {
    title: 'Entries of the roster',
    intro: 'An entry of `client.addServer(server)`. Further fields are for custom routers.',
    file: 'lib/server-info.ts',
    name: 'ServerInfo',
    defaults: SERVER_INFO_DEFAULTS,
  },
  {
    title: 'Registries',
    intro: 'Options of `memory()`, and of every other registry.',
    file: 'lib/registry/registry-options.ts',
    name: 'RegistryOptions',
    defaults: REGISTRY_DEFAULTS,
  },
  {
    title: 'Registries on etcd',
    intro: 'Options of `etcd()`, beside those of every registry.',
    file: 'lib/registry/etcd/etcd-options.ts',
    name: 'EtcdOptions',
    defaults: REGISTRY_DEFAULTS,
  },
  {
    title: 'One connection for a machine',
    intro: 'The option `share` of `etcd()`.',
    file: 'lib/registry/machine-share.ts',
    name: 'MachineShareOptions',
    defaults: MACHINE_SHARE_DEFAULTS,
  },
  {
    title: 'Elections of a registry',
    intro: 'Second argument of `registry.election(name, options)`.',
    file: 'lib/registry/election.ts',
    name: 'ElectionOptions',
    defaults: ELECTION_DEFAULTS,
  },
  {
    title: 'Servers of a name',
    intro: 'Options of `dns()`, a source for the option `registry`.',
    file: 'lib/registry/dns/options.ts',
    name: 'DnsOptions',
    defaults: DNS_DEFAULTS,
  },
  {
    title: 'Records of proxies',
    intro: 'An entry of `client.addProxy(record)`.',
    file: 'proxy/proxy-record.ts',
    name: 'ProxyRecord',
    defaults: Object.freeze({}),
  },
  {
    title: 'Strategies',
    intro: 'Each strategy reads the options that concern it, and ignores the others.',
    file: 'router/strategies.ts',
    name: 'RouterOptions',
    defaults: CONSISTENT_HASH_DEFAULTS,
  },
  {
    title: 'Consistent hashing',
    intro: 'Options of the strategy `ch`.',
    file: 'router/consistent-hash.ts',
    name: 'ConsistentHashOptions',
    defaults: CONSISTENT_HASH_DEFAULTS,
  },
  {
    title: 'Servers and waiting calls',
    intro: 'How a client reaches its servers.',
    file: 'station/options.ts',
    name: 'MailStationOptions',
    defaults: CLIENT_DEFAULTS,
  },
  {
    title: 'Connections',
    intro: 'How a client connects to each server.',
    file: 'mailbox/options.ts',
    name: 'MailBoxOptions',
    defaults: CLIENT_DEFAULTS,
  },
  {
    title: 'Calls that fail',
    intro:
      '[failure.md](failure.md) has what each mode does when. `failMode`, `retryTimes` and `retryConnectTime` can be given for one call too.',
    file: 'lib/call/fail-mode.ts',
    name: 'FailOptions',
    defaults: CLIENT_DEFAULTS,
  },
  {
    title: 'Retries',
    intro: 'Bounds of what a client repeats, over all its calls.',
    file: 'failure/options.ts',
    name: 'FailureOptions',
    defaults: CLIENT_DEFAULTS,
  },
  {
    title: 'Retry budget',
    intro: 'An object, as the option `retryBudget`.',
    file: 'failure/retry-budget.ts',
    name: 'RetryBudgetOptions',
    prefix: 'retryBudget.',
    defaults: RETRY_BUDGET_DEFAULTS,
  },
  {
    title: 'Ejection',
    intro: '`true`, or an object, as the option `ejection`.',
    file: 'station/health/options.ts',
    name: 'EjectionOptions',
    prefix: 'ejection.',
    defaults: EJECTION_DEFAULTS,
  },
  {
    title: 'Streams',
    intro: 'An object, as the option `streamWindow`.',
    file: 'lib/protocol/stream-window-options.ts',
    name: 'StreamWindowOptions',
    prefix: 'streamWindow.',
    defaults: DEFAULT_STREAM_WINDOW,
  },
  {
    title: 'One call',
    intro: 'Options of `.with(options)` of a proxy, beside those under *Calls that fail*.',
    file: 'lib/call/call-contract.ts',
    name: 'CallOptions',
    defaults: CALL_DEFAULTS,
  },
  {
    title: 'The filter tooBusy',
    intro: 'Options of `tooBusy(options)`.',
    file: 'station/too-busy.ts',
    name: 'TooBusyOptions',
    defaults: TOO_BUSY_DEFAULTS,
  },
];

export const SERVER_TABLES: readonly OptionsTable[] = [
  {
    title: 'Server',
    intro: 'Options of `createServer`.',
    file: 'server/options.ts',
    name: 'ServerOptions',
    defaults: SERVER_DEFAULTS,
  },
  {
    title: 'What a server tells its registry',
    intro: 'The option `advertise`, which may be a host alone.',
    file: 'lib/registry/advertise.ts',
    name: 'AdvertiseOptions',
    prefix: 'advertise.',
    defaults: ADVERTISE_DEFAULTS,
  },
  {
    title: 'Listening',
    intro: 'Where the server listens, which peers are admitted, and the limits on what peers may send.',
    file: 'lib/leader/options.ts',
    name: 'ListeningOptions',
    defaults: SERVER_DEFAULTS,
  },
  {
    title: 'Places',
    intro: 'Entries of the option `listen`.',
    file: 'lib/leader/doors.ts',
    name: 'ListenEntry',
    prefix: 'listen[].',
    defaults: Object.freeze({}),
  },
  {
    title: 'Places at an HTTP server',
    intro: 'Entries of the option `listen` with a server of the program.',
    file: 'lib/leader/http-door.ts',
    name: 'HttpListenEntry',
    prefix: 'listen[].',
    defaults: HTTP_LISTEN_DEFAULTS,
  },
  {
    title: 'Callers',
    intro: 'Who may call which methods.',
    file: 'lib/serving/authorization.ts',
    name: 'AuthorizationOptions',
    defaults: SERVER_DEFAULTS,
  },
  {
    title: 'Checked methods',
    intro: 'First argument of `checked(options, method)`; [checked.md](checked.md) has examples.',
    file: 'lib/service/checked.ts',
    name: 'CheckedOptions',
    defaults: Object.freeze({}),
  },
  {
    title: 'TLS',
    intro: 'An object, as the option `tls` of a server, an entry of `listen`, a client, a shared client and `share`.',
    file: 'lib/transport/tls-options.ts',
    name: 'TlsOptions',
    prefix: 'tls.',
    defaults: TLS_DEFAULTS,
  },
  {
    title: 'Secrets',
    intro: 'Entries of the option `secret` of servers, clients, shared clients and shares, beside texts and bytes.',
    file: 'lib/auth/secret-option.ts',
    name: 'NamedSecret',
    prefix: 'secret.',
    defaults: Object.freeze({ name: 'default' }),
  },
  {
    title: 'Services',
    intro: 'Modules whose methods the server offers.',
    file: 'lib/service/options.ts',
    name: 'ServiceOptions',
    defaults: SERVER_DEFAULTS,
  },
  {
    title: 'Paths',
    intro: 'Entries of the option `paths`.',
    file: 'lib/service/options.ts',
    name: 'ServicePath',
    prefix: 'paths[].',
    defaults: Object.freeze({}),
  },
];

export const CLUSTER_TABLES: readonly OptionsTable[] = [
  {
    title: 'Shared client',
    intro:
      'Options of `cluster(Class, options)`. Names and defaults are those of cluster-client, except where a row names another source.',
    file: 'lib/cluster/options.ts',
    name: 'ClusterOptions',
    defaults: CLUSTER_DEFAULTS,
  },
  {
    title: 'Over several machines',
    intro: 'Further options of `cluster(clientClass, options)`, for processes that a registry elects.',
    file: 'lib/cluster/election-options.ts',
    name: 'ClusterElectionOptions',
    defaults: CLUSTER_ELECTION_DEFAULTS,
  },
  {
    title: 'One connection for a machine with several processes',
    intro: 'The option `share` of `cluster(clientClass, { election, share })`.',
    file: 'lib/cluster/share-options.ts',
    name: 'ClusterShareOptions',
    prefix: 'share.',
    defaults: CLUSTER_SHARE_DEFAULTS,
  },
  {
    title: 'API client',
    intro: 'Options of a class that extends `APIClientBase`. Further options are handed to the real client.',
    file: 'lib/cluster/api-client-base.ts',
    name: 'APIClientOptions',
    defaults: Object.freeze({}),
  },
];

export const SHARE_TABLES: readonly OptionsTable[] = [
  {
    title: 'Sharing',
    intro: 'An object, as the option `share` of a client.',
    file: 'mailbox/shared/options.ts',
    name: 'ShareOptions',
    prefix: 'share.',
    defaults: SHARE_DEFAULTS,
  },
];

export const ALL_TABLES = [...CLIENT_TABLES, ...SERVER_TABLES, ...CLUSTER_TABLES, ...SHARE_TABLES];

export function optionsOf({ file, name }: OptionsTable): Member[] {
  return membersOf(file, new RegExp(`^export interface ${name}\\b`));
}
