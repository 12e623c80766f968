export type { Outcome } from '../../proxy/broadcast.js';
export { Caller } from '../../proxy/caller.js';
export type {
  MethodProxy,
  ModuleProxy,
  RemoteFile,
  RemoteModule,
  RemoteProxies,
  ServerAtUrlOf,
  ServerTypeOf,
} from '../../proxy/proxy-types.js';
export type { StreamMethod, StreamProxy } from '../../proxy/stream-types.js';
export type { Any, TypedMethod, UntypedMethod } from '../../proxy/typed-method.js';
export type { ResultStream } from '../lib/call/result-stream.js';
