import { EngineRegistry } from '../engine-registry.js';
import type { Registry } from '../registry.js';
import { EtcdEngine } from './etcd-engine.js';
import { checkEtcdOptions, type EtcdOptions } from './etcd-options.js';

/**
 * Makes a registry on etcd 3.4 or newer, in which servers and clients on many machines find each other. Needs the package `@grpc/grpc-js`.
 * Nothing is sent before the first server or client uses the registry; all users of the object in a process share one connection.
 *
 * A server or client whose `start()` gets no answer rejects with {@link RpcCode.Registry}, and the error names the hosts. A wrong password
 * is {@link RpcCode.Unauthenticated}, a missing right {@link RpcCode.Forbidden}, a refused certificate {@link RpcCode.Certificate}, and a missing
 * package {@link RpcCode.Load}. When etcd is away later, the servers that were known stay.
 * @throws {@link RpcCode.InvalidArgument} for an option that is missing or out of range
 * @example
 * ```ts
 * import { createServer } from 'mailstation';
 * import { etcd } from 'mailstation/etcd';
 *
 * const registry = etcd({ hosts: ['http://etcd-1:2379', 'http://etcd-2:2379'], namespace: 'my-app' });
 * const services = { user: { rooms: { greet: async (name: string) => `hello, ${name}` } } };
 * export const server = createServer({ id: 'chat-1', serverType: 'chat', port: 3333, services, registry });
 * ```
 */
export function etcd(options: EtcdOptions): Registry {
  const checked = checkEtcdOptions(options);
  return new EngineRegistry({
    description: `etcd at ${checked.hosts.map(({ url }) => url).join(', ')}`,
    open: () => new EtcdEngine(checked),
    isLocal: false,
    options: checked.registry,
  });
}
