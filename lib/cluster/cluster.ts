import { invalid } from '../options.js';
import { APIClientBase } from './api-client-base.js';
import { type ClusterBuilder, createBuilder } from './builder.js';
import { ClusterClient } from './cluster-client.js';
import type { ClientClass } from './delegates.js';
import type { ClusterOptions } from './options.js';

export interface Cluster {
  /**
   * A client that many processes of a machine share: one of them leads and has the real one, an instance of the class;
   * the others' calls and subscriptions go through it. When it dies, another leads. Source: cluster-client
   *
   * Throws `ERR_RPC_INVALID_ARGUMENT`.
   */
  <C extends ClientClass>(clientClass: C, options?: ClusterOptions): ClusterBuilder<C>;
  /**
   * Closes a client that `create()` has returned. The Leader lets its Followers go, closes its real client, and then lets
   * go of the port. Again: the same promise.
   */
  close(client: object): Promise<void>;
  readonly APIClientBase: typeof APIClientBase;
}

export const cluster: Cluster = Object.assign(
  <C extends ClientClass>(clientClass: C, options: ClusterOptions = {}): ClusterBuilder<C> => {
    if (typeof clientClass !== 'function') throw invalid('cluster wants the class of the real client');
    return createBuilder(clientClass, options);
  },
  { close: (client: object) => ClusterClient.close(client), APIClientBase },
);
