/**
 * The entry `mailstation/etcd`: a registry on etcd, for servers and clients on many machines. Needs the package @grpc/grpc-js, which is
 * loaded for the first connection.
 */
export type { EtcdAuth, EtcdOptions } from './lib/registry/etcd/etcd-options.js';
export { etcd } from './lib/registry/etcd/etcd-registry.js';
