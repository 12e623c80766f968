import { fieldsOf } from '../../options.js';
import { EngineRegistry } from '../engine-registry.js';
import type { Registry } from '../registry.js';
import { type RegistryOptions, resolveRegistryOptions } from '../registry-options.js';
import { MemoryEngine } from './memory-engine.js';
import { MemoryStore } from './memory-store.js';

/**
 * Makes a registry in the memory of this process: for tests, and for programs that run as one process while they are developed. Servers
 * and clients that have this object find each other. The registry behaves as `etcd()` does, and keeps its records as long as the
 * process has the object.
 * @throws {@link RpcCode.InvalidArgument} for an option out of range
 * @example
 * ```ts
 * import { createClient, createServer, memory } from 'mailstation';
 *
 * const registry = memory();
 * const services = { user: { rooms: { greet: async (name: string) => `hello, ${name}` } } };
 * const server = createServer({ id: 'chat-1', serverType: 'chat', port: 0, services, registry });
 * await server.start();
 *
 * const client = createClient({ registry });
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * await client.start();
 * console.log(await client.proxies.user.chat.rooms.greet(null, 'Anna')); // hello, Anna
 *
 * await client.stop();
 * await server.stop();
 * ```
 */
export function memory(options: RegistryOptions = {}): Registry {
  fieldsOf('the argument of memory()', options, 'an object of options');
  return memoryRegistry(new MemoryStore(), options);
}

/** A registry on a store that others use too: several of them on one store are what the processes on one etcd are. */
function memoryRegistry(store: MemoryStore, options: RegistryOptions = {}): Registry {
  return new EngineRegistry({
    description: 'the registry in memory',
    open: () => new MemoryEngine(store),
    isLocal: true,
    options: resolveRegistryOptions(options, 'memory()'),
  });
}
