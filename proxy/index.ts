export type { ResultStream } from '../lib/call/result-stream.js';
export type { AroundBroadcast, Outcome } from './broadcast.js';
export { Caller } from './caller.js';
export type { ProxyRecord } from './proxy-record.js';
export { type ModuleLoader, ProxyTree } from './proxy-tree.js';
export type {
  FromData,
  MethodProxy,
  ModuleProxy,
  ProxyRecordOf,
  RemoteFile,
  RemoteModule,
  RemoteProxies,
  ServerAtUrlOf,
  ServerInfoOf,
  ServerTypeOf,
} from './proxy-types.js';
export type { StreamMethod, StreamProxy } from './stream-types.js';
export type { Any, BoundMethod, ResultCallback, TypedMethod, UntypedMethod } from './typed-method.js';
