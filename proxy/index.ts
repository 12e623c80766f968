export type { Outcome } from './broadcast.js';
export { Caller, type CallSink } from './caller.js';
export type { UntypedMethod } from './method-proxy.js';
export { Proxies, type ProxyRecord, type ProxyTree } from './proxy-tree.js';
