/// <reference types="node" preserve="true" />
// What users import. Nothing else is public.
export type { RetryBudgetOptions } from './failure/index.js';
export type { CallOptions } from './lib/call/call-contract.js';
export type { FailMode } from './lib/call/fail-mode.js';
export { FailbackReceipt } from './lib/call/failback-receipt.js';
export { type CallContext, callContext } from './lib/call-context.js';
export type { CallTiming, ServerTiming } from './lib/call-timing.js';
export type { Callback } from './lib/callback.js';
export { APIClientBase, type APIClientOptions } from './lib/cluster/api-client-base.js';
export type { ClusterBuilder, Shared } from './lib/cluster/builder.js';
export { type Cluster, cluster } from './lib/cluster/cluster.js';
export type { ClusterClient } from './lib/cluster/cluster-client.js';
export type { ClientClass, DelegateKind } from './lib/cluster/delegates.js';
export type { ClusterClientEvents } from './lib/cluster/events.js';
export type { ClusterOptions } from './lib/cluster/options.js';
export type { Transcode } from './lib/cluster/transcode.js';
export { type PomeloCode, RPC_ERROR } from './lib/compat/pomelo-codes.js';
export type { Logger } from './lib/diagnostics.js';
export { type Delivery, type FailedAttempt, RpcCode, RpcError } from './lib/errors.js';
export type {
  Acceptor,
  AcceptorAnswer,
  AcceptorFactory,
  AcceptorMessage,
  AcceptorOptions,
  MessageCallback,
} from './lib/leader/acceptor.js';
export type { ListeningOptions } from './lib/leader/options.js';
export type { Whitelist, WhitelistEntries } from './lib/leader/whitelist.js';
export type { CodecName } from './lib/protocol/codecs.js';
export type { InvokeMessage, RpcMessage } from './lib/rpc-message.js';
export type { ConnectedPeer, ServerInfo, TransportName } from './lib/server-info.js';
export type { ReloadFailure, ReloadResult } from './lib/service/hot-reload.js';
export type { ServiceOptions, ServicePath } from './lib/service/options.js';
export type { CustomMailBox, CustomMailBoxFactory, MailBoxState, PlainMailBox } from './mailbox/index.js';
export { Client, Client as client, type ClientOptions, createClient } from './node-client.js';
export type {
  BoundMethod,
  MethodProxy,
  ModuleProxy,
  Outcome,
  ProxyRecord,
  RemoteFile,
  RemoteModule,
  RemoteProxies,
  ResultCallback,
  ServerTypeOf,
  TypedMethod,
  UntypedMethod,
} from './proxy/index.js';
export type { RouteRequest, Router, RouterLike, RouterName, ServerLoad } from './router/index.js';
export {
  createServer,
  Server,
  Server as server,
  type ServerEvents,
  type ServerOptions,
  type ServerState,
} from './server.js';
export {
  type EjectionOptions,
  type ErrorHandler,
  type Filter,
  type FilterFunction,
  type FilterNext,
  type FilterObject,
  type MailStationEvents,
  type MailStationState,
  type Readmission,
  type ServerHealthReport,
  type ShareOptions,
  type SharingState,
  type TooBusyOptions,
  type TraceStep,
  tooBusy,
} from './station/index.js';
