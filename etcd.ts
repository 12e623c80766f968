/**
 * The entry `mailstation/etcd`: a registry on etcd, for servers and clients on many machines. Needs the package @grpc/grpc-js, which is
 * loaded for the first connection.
 */

export { etcd } from './lib/machine/etcd-registry.js';
export type { EtcdAuth, EtcdOptions } from './lib/registry/etcd/etcd-options.js';
export type { MachineShareOptions } from './lib/registry/machine-share.js';
