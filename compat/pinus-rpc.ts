// Names of the package pinus-rpc 1.7.4, which pinus exports again, for programs that load it by that name: with this entry
// in its place they are clients and servers of mailstation. docs/migrating-from-pomelo-rpc.md has the override of each
// package manager.

import { builtInTransport, withoutBuiltInTransports } from '../lib/compat/built-in-transports.js';
import { pinusClientOptions } from '../lib/compat/option-names.js';
import { type ClientOptions, RpcClient } from '../node-client.js';
import type { Any } from '../proxy/index.js';
import { Server, type ServerOptions } from '../server.js';

export { listEs6ClassMethods } from '../lib/compat/class-methods.js';
export { RpcClient } from '../node-client.js';
export { Server as Gateway } from '../server.js';
export type * from './pinus-types.js';

/**
 * Makes a client that is not started. Calls without a uid go to one server, as in pinus-rpc.
 * @throws {@link RpcCode.InvalidArgument} when an option is out of range
 * @example
 * ```ts
 * import { createClient } from 'mailstation/pinus-rpc';
 *
 * const client = createClient({ context: { serverId: 'connector-1' } });
 * client.addProxies([{ namespace: 'user', serverType: 'chat' }]);
 * ```
 */
export function createClient<Remotes = Any>(options: ClientOptions = {}): RpcClient<Remotes> {
  return new RpcClient(pinusClientOptions(withoutBuiltInTransports(options)));
}

/**
 * Makes a server that is not started. Methods answer by what they return, a promise or a value.
 * @throws {@link RpcCode.InvalidArgument} when an option is out of range
 * @example
 * ```ts
 * import { createServer } from 'mailstation/pinus-rpc';
 *
 * const server = createServer({ id: 'chat-1', port: 0, services: { user: { rooms: { list: async () => ['lobby'] } } } });
 * await server.start();
 * await server.stop();
 * ```
 */
export function createServer(options: ServerOptions): Server {
  return new Server(withoutBuiltInTransports(options));
}

/** Another name of {@link createServer}. */
export const createGateway = createServer;

/** Stands for the default mailbox of pinus-rpc: with it as `mailboxFactory`, the transport is that of mailstation. */
export const createMqttMailBox = builtInTransport('createMqttMailBox');
/** Stands for the TCP mailbox of pinus-rpc: with it as `mailboxFactory`, the transport is that of mailstation. */
export const createTcpMailBox = builtInTransport('createTcpMailBox');
/** Stands for the default acceptor of pinus-rpc: with it as `acceptorFactory`, the transport is that of mailstation. */
export const createDefaultAcceptor = builtInTransport('createDefaultAcceptor');
/** Stands for the TCP acceptor of pinus-rpc: with it as `acceptorFactory`, the transport is that of mailstation. */
export const createTcpAcceptor = builtInTransport('createTcpAcceptor');
/** Stands for the MQTT acceptor of pinus-rpc: with it as `acceptorFactory`, the transport is that of mailstation. */
export const MqttAcceptor = builtInTransport('MqttAcceptor');

/** Name of the default router, for the option `router`. */
export const df = 'df';
/** Name of the router that chooses at random, for the options `router` and `routerType`. */
export const rd = 'rd';
/** Name of the round-robin router, for the options `router` and `routerType`. */
export const rr = 'rr';
/** Name of the weighted round-robin router, for the options `router` and `routerType`. */
export const wrr = 'wrr';
/** Name of the router by calls in flight, for the options `router` and `routerType`. */
export const la = 'la';
/** Name of the router by consistent hashing, for the options `router` and `routerType`. */
export const ch = 'ch';
