// Names of the package pomelo-rpc 1.0.7, for programs that load it by that name: with this entry in its place they are
// clients and servers of mailstation. docs/migrating-from-pomelo-rpc.md has the override of each package manager.

import { builtInTransport, withoutBuiltInTransports } from '../lib/compat/built-in-transports.js';
import { type ClientOptions, RpcClient } from '../node-client.js';
import type { Any } from '../proxy/index.js';
import { Server, type ServerOptions } from '../server.js';

/**
 * Makes clients, as `require('pomelo-rpc').client` does.
 * @example
 * ```ts
 * import { client as Client } from 'mailstation/pomelo-rpc';
 *
 * const client = Client.create({ context: { serverId: 'connector-1' } });
 * client.addProxies([{ namespace: 'user', serverType: 'chat' }]);
 * ```
 */
export const client = Object.freeze({
  create: <Remotes = Any>(options: ClientOptions = {}): RpcClient<Remotes> =>
    RpcClient.create(withoutBuiltInTransports(options)),
  /** Stands for pomelo-rpc's MQTT mailbox: with it as `mailboxFactory`, the transport is that of mailstation. */
  MQTTMailbox: builtInTransport('MQTTMailbox'),
});

/**
 * Makes servers, as `require('pomelo-rpc').server` does.
 * @example
 * ```ts
 * import { server as Server } from 'mailstation/pomelo-rpc';
 *
 * const services = { user: { rooms: { list: (callback: (error: null, rooms: string[]) => void) => callback(null, ['lobby']) } } };
 * const server = Server.create({ id: 'chat-1', port: 0, services });
 * await server.start();
 * await server.stop();
 * ```
 */
export const server = Object.freeze({
  create: (options: ServerOptions): Server => Server.create(withoutBuiltInTransports(options)),
  /** Stands for pomelo-rpc's MQTT acceptor: with it as `acceptorFactory`, the transport is that of mailstation. */
  MqttAcceptor: builtInTransport('MqttAcceptor'),
});

/** Both, for `import pomeloRpc from`, which is how ES modules import a CommonJS package. */
const pomeloRpc = Object.freeze({ client, server });

export { pomeloRpc as default };
