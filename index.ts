/// <reference types="node" preserve="true" />
// Names that users import, in groups. Nothing else is public. A name keeps its meaning until the next major version, and
// before 1.0 until the next minor version. The heading of a group that is less stable says how.

// Calling: a client makes calls, each with its own options, and gets a result, an error or a receipt.

export type { RetryBudgetOptions } from './failure/index.js';
export type { CallOptions } from './lib/call/call-contract.js';
export type { FailMode } from './lib/call/fail-mode.js';
export { FailbackReceipt } from './lib/call/failback-receipt.js';
export type { Callback } from './lib/callback.js';
export type { CodecName } from './lib/protocol/codecs.js';
export type { InvokeMessage } from './lib/rpc-message.js';
export type { ServerAtUrl, ServerEntry, ServerInfo, TransportName } from './lib/server-info.js';
export type { ConnectHook, FreshConnection, MailBoxState, StreamWindowOptions } from './mailbox/index.js';
export { Client, type ClientOptions, createClient } from './node-client.js';
export type { Outcome, ProxyRecord, ResultStream } from './proxy/index.js';
export type {
  EjectionOptions,
  MailStationEvents,
  MailStationState,
  Readmission,
  ServerHealthReport,
  ShareOptions,
  SharingState,
} from './station/index.js';

// Finding servers: sources of the list of servers that a client calls, registries in which servers register, and elections.

export type { AdvertiseOptions } from './lib/registry/advertise.js';
export { dns } from './lib/registry/dns/dns-source.js';
export type { DnsOptions, DnsPlace } from './lib/registry/dns/options.js';
export type {
  CandidateHandler,
  ElectedLeader,
  Election,
  ElectionCandidate,
  ElectionOptions,
  LeaderObserver,
  Observation,
} from './lib/registry/election.js';
export type { ElectionState } from './lib/registry/election-state.js';
export { file } from './lib/registry/file/file-source.js';
export { memory } from './lib/registry/memory/memory-registry.js';
export type { RegisteredServer, Registration, RegistrationHandler, Registry } from './lib/registry/registry.js';
export type { RegistryOptions } from './lib/registry/registry-options.js';
export type { RosterReport } from './lib/registry/roster-report.js';
export type { RosterFollower, RosterFollowing, RosterList, RosterSource } from './lib/registry/roster-source.js';
export type { RosterState } from './lib/registry/roster-state.js';
export type { Term } from './lib/term.js';

// Proving who calls: secrets that both ends know, tokens of clients, and the identity that a method sees.

export type { Authenticate, AuthRequest } from './lib/auth/authenticate-option.js';
export type { NamedSecret, SecretOption } from './lib/auth/secret-option.js';
export type { CallerIdentity, ClaimedIdentity, PeerCertificate, ProvenIdentity } from './lib/identity.js';

// Serving: a server offers the methods of remote modules, and a method can ask about the call that it serves.

export { type CallContext, callContext } from './lib/call-context.js';
export type { CallOutcome } from './lib/call-outcome.js';
export type { ListenEntry } from './lib/leader/doors.js';
export type { HttpListenEntry } from './lib/leader/http-door.js';
export type { ListeningOptions } from './lib/leader/options.js';
export type { Whitelist, WhitelistEntries } from './lib/leader/whitelist.js';
export type { ConnectedPeer } from './lib/server-info.js';
export { type CheckedOptions, checked } from './lib/service/checked.js';
export type { ReloadFailure, ReloadResult } from './lib/service/hot-reload.js';
export type { ServiceOptions, ServicePath } from './lib/service/options.js';
export type { Authorize } from './lib/serving/authorization.js';
export type { ExpectedErrors, FailedCall } from './lib/serving/call-failures.js';
export type { TlsBytes, TlsOptions, TlsVersion } from './lib/transport/tls-options.js';
export type { EndedCall } from './server/ended-call.js';
export { createServer, Server, type ServerEvents, type ServerOptions, type ServerState } from './server.js';

// Shared clients: the processes of a machine share one client of any kind, as with cluster-client.

export { APIClientBase, type APIClientOptions } from './lib/cluster/api-client-base.js';
export type { ClusterBuilder, Shared } from './lib/cluster/builder.js';
export { type Cluster, cluster } from './lib/cluster/cluster.js';
export type { ClusterClient } from './lib/cluster/cluster-client.js';
export type { ClientClass, DelegateKind } from './lib/cluster/delegates.js';
export type { ClusterClientEvents } from './lib/cluster/events.js';
export type { ClusterOptions } from './lib/cluster/options.js';
export type { ClusterShareOptions } from './lib/cluster/share-options.js';
export type { Transcode } from './lib/cluster/transcode.js';

// Routing: a router chooses the server of each call.

export type { RouteRequest, Router, RouterLike, RouterName, ServerLoad } from './router/index.js';

// Filters: a filter sees each call before it is sent, or after it was answered; in a server, before the method runs or after.

export type { RpcMessage } from './lib/rpc-message.js';
export type { ServerFilter, ServerFilterFunction, ServerFilterNext, ServerFilterObject } from './server/filters.js';
export {
  type ErrorHandler,
  type Filter,
  type FilterFunction,
  type FilterNext,
  type FilterObject,
  type TooBusyOptions,
  tooBusy,
} from './station/index.js';

// Looking inside: what a server says of itself, see docs/inspect.md. Reports may gain fields in any version.

export { type Latency, latencyAt, mergedLatency } from './lib/latency-histogram.js';
export type { JsonSchema, MethodDescription } from './lib/service/describe-method.js';
export type { ParameterName } from './lib/service/parameters.js';
export type { CallCounts, OutcomeCounts } from './lib/serving/call-stats.js';
export type { ClientReport, KnownServer } from './node-client.js';
export type { ConnectionReport, ConnectionsReport } from './server/connections.js';
export type { HealthDetail, HealthReport, HealthStatus, NamespaceHealth } from './server/health.js';
export type { PageRequest } from './server/name-page.js';
export type { RecentCall, RecentCallsReport, RecentCallsRequest } from './server/recent-calls.js';
export type { ReflectionReport } from './server/reflection.js';
export type { LoadReport, MethodStats, ServerIdentity, StatsReport } from './server/stats.js';

// Custom transports: acceptors in place of a server's transports, mailboxes in place of a client's. Both have the shape that
// pomelo-rpc gave them.

export type {
  Acceptor,
  AcceptorAnswer,
  AcceptorFactory,
  AcceptorMessage,
  AcceptorOptions,
  MessageCallback,
} from './lib/leader/acceptor.js';
export type { CustomMailBox, CustomMailBoxFactory, PlainMailBox } from './mailbox/index.js';

// Errors and diagnostics: one error class with a table of codes, and reports about calls. Reports may gain fields in any
// version.

export type { ArgumentIssue } from './lib/argument-issue.js';
export type { CallTiming, ServerTiming } from './lib/call-timing.js';
export type {
  AttemptMessage,
  BroadcastMessage,
  CallMessage,
  LeaderChangeMessage,
  MailboxStateMessage,
  ServeMessage,
  ServerEjectedMessage,
} from './lib/channels.js';
export type { Logger } from './lib/diagnostics.js';
export { type Delivery, type FailedAttempt, findCause, RpcCode, RpcError } from './lib/errors.js';
export type { TraceStep } from './station/index.js';

// Types of proxies: a client is typed by its remote modules, see docs/types.md. The types other than `RemoteProxies`,
// `RemoteModule` and `RemoteFile` may change in any version, as far as programs that name none of them compile.

export type {
  BoundMethod,
  MethodProxy,
  ModuleProxy,
  ProxyRecordOf,
  RemoteFile,
  RemoteModule,
  RemoteProxies,
  ResultCallback,
  ServerAtUrlOf,
  ServerInfoOf,
  ServerTypeOf,
  StreamMethod,
  StreamProxy,
  TypedMethod,
  UntypedMethod,
} from './proxy/index.js';

// Names of pomelo-rpc, for programs that were written for that package.

export { type PomeloCode, RPC_ERROR } from './lib/compat/pomelo-codes.js';
export { Client as client } from './node-client.js';
export { Server as server } from './server.js';
