/**
 * The entry `mailstation/cluster-client`: a program of cluster-client runs with this module in the place of that package.
 *
 * CommonJS code gets the function itself, `require('mailstation/cluster-client')(Class, options)`, with `close` and
 * `APIClientBase` as properties. ES modules get the same function as the default export.
 */
import { cluster } from '../lib/cluster/cluster.js';

export { APIClientBase, type APIClientOptions } from '../lib/cluster/api-client-base.js';
export type { ClusterBuilder, Shared } from '../lib/cluster/builder.js';
export type { Cluster } from '../lib/cluster/cluster.js';
export type { ClusterClient } from '../lib/cluster/cluster-client.js';
export type { ClientClass, DelegateKind } from '../lib/cluster/delegates.js';
export type { ClusterOptions } from '../lib/cluster/options.js';

/** Closes a client that `create()` has returned. */
export const close = cluster.close;

// Node gives `require()` the export of the second name. Source: Node, "Loading ECMAScript modules using require()".
export { cluster as default, cluster as 'module.exports' };
