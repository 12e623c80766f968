import type { Engine } from '../registry/engine.js';
import { EngineRegistry } from '../registry/engine-registry.js';
import { EtcdEngine } from '../registry/etcd/etcd-engine.js';
import { type CheckedEtcd, checkEtcdOptions, type EtcdOptions } from '../registry/etcd/etcd-options.js';
import { loadGrpc } from '../registry/etcd/grpc.js';
import type { Registry } from '../registry/registry.js';
import { hostBuilder } from './host-builder.js';
import { RelayedEngine } from './relayed-engine.js';

/**
 * Makes a registry on etcd 3.4 or newer, in which servers and clients on many machines find each other. Needs the package `@grpc/grpc-js`.
 * Nothing is sent before the first server or client uses the registry; all users of the object in a process share one connection.
 * With `share`, all processes of a machine do: `etcd({ ..., share: { path: '/run/my-app/etcd.sock' } })`.
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
    open: opener(checked),
    isLocal: false,
    options: checked.registry,
  });
}

/** Opens the engine of a process: on a connection of its own, or through that of the machine. */
function opener(checked: CheckedEtcd): () => Engine {
  const open = (): EtcdEngine => new EtcdEngine(checked);
  if (checked.share === undefined) return open;
  const { share, namespace, auth } = checked;
  const hosts = checked.hosts.map(({ url }) => url).sort();
  const user = auth === undefined ? '' : `, user ${auth.username}`;
  const builder = hostBuilder(`etcd at ${hosts.join(', ')}, namespace ${namespace}${user}`, share);
  return () => {
    // A process that takes over has no time to load the package, for which the leases of the machine would wait.
    if (share.lead) void loadGrpc().catch(() => {}); // without the package, the process that connects says so
    return new RelayedEngine(builder, open);
  };
}
