import { invalid } from '../options.js';
import { APIClientBase } from './api-client-base.js';
import { type ClusterBuilder, createBuilder } from './builder.js';
import { ClusterClient } from './cluster-client.js';
import type { ClientClass } from './delegates.js';
import type { ClusterOptions } from './options.js';

/** Makes and closes shared clients. Source: cluster-client. */
export interface Cluster {
  /**
   * Makes a builder of a client that the processes of one machine share. One process leads and has the real client, an
   * instance of the class; calls and subscriptions of the others go through the leading process. When that process
   * dies, another leads.
   * @throws {@link RpcCode.InvalidArgument} when an option is out of range
   */
  <C extends ClientClass>(clientClass: C, options?: ClusterOptions): ClusterBuilder<C>;
  /**
   * Closes a client that `create()` has returned. The Leader releases its Followers, closes the real client, and
   * releases the port last. Each further call returns the same promise.
   */
  close(client: object): Promise<void>;
  /** Base class of API clients, under the name that cluster-client has. */
  readonly APIClientBase: typeof APIClientBase;
}

/**
 * Shares one client among the processes of a machine. Source: cluster-client.
 * @example
 * ```ts
 * import { cluster } from 'mailstation';
 *
 * // The real client: one process has an instance, and the calls of all processes reach that instance.
 * class ConfigClient {
 *   async get(key: string): Promise<string> {
 *     return `value of ${key}`;
 *   }
 *   subscribe(reg: { key: string }, listener: (value: string) => void): void {
 *     listener(`first value of ${reg.key}`);
 *   }
 *   async close(): Promise<void> {}
 * }
 *
 * const client = cluster(ConfigClient).create(); // async methods, subscribe, publish and close are delegated
 * client.subscribe({ key: 'color' }, (value) => console.log(value));
 * await client.ready();
 * console.log(await client.get('color')); // value of color
 * await cluster.close(client);
 * ```
 */
export const cluster: Cluster = Object.assign(
  <C extends ClientClass>(clientClass: C, options: ClusterOptions = {}): ClusterBuilder<C> => {
    if (typeof clientClass !== 'function')
      throw invalid('cluster(clientClass): the first argument must be the class of the real client');
    return createBuilder(clientClass, options);
  },
  { close: (client: object) => ClusterClient.close(client), APIClientBase },
);
