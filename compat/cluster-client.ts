/**
 * The entry `mailstation/cluster-client`: a program of cluster-client runs with this module in the place of that package.
 *
 * CommonJS code gets the function itself, `require('mailstation/cluster-client')(Class, options)`, with `close` and
 * `APIClientBase` as properties. ES modules get the same function as the default export.
 *
 * As in cluster-client, caller and real client share their objects in the process that leads, and calls have no deadline
 * there. The options `localCopies` and `localDeadline` change that.
 */
import { MAKES_BUILDERS, APIClientBase as OurAPIClientBase } from '../lib/cluster/api-client-base.js';
import type { ClusterBuilder } from '../lib/cluster/builder.js';
import { type Cluster, cluster as ours } from '../lib/cluster/cluster.js';
import type { ClientClass } from '../lib/cluster/delegates.js';
import type { ClusterOptions } from '../lib/cluster/options.js';
import { defined } from '../lib/options.js';

export type { APIClientOptions } from '../lib/cluster/api-client-base.js';
export type { ClusterBuilder, Shared } from '../lib/cluster/builder.js';
export type { Cluster } from '../lib/cluster/cluster.js';
export type { ClusterClient } from '../lib/cluster/cluster-client.js';
export type { ClientClass, DelegateKind } from '../lib/cluster/delegates.js';
export type { ClusterOptions } from '../lib/cluster/options.js';

const AS_CLUSTER_CLIENT: ClusterOptions = { localCopies: false, localDeadline: false };

function make<C extends ClientClass>(clientClass: C, options: ClusterOptions = {}): ClusterBuilder<C> {
  return ours(clientClass, { ...AS_CLUSTER_CLIENT, ...defined(options) });
}

/** Base class for what users of a shared client see, with cluster-client's behaviour in the process that leads. */
export abstract class APIClientBase extends OurAPIClientBase {
  protected override get [MAKES_BUILDERS](): typeof make {
    return make;
  }
}

/** Closes a client that `create()` has returned. */
export const close: Cluster['close'] = ours.close;

const cluster: Cluster = Object.assign(make, { close, APIClientBase });

// Node gives `require()` the export of the second name. Source: Node, "Loading ECMAScript modules using require()".
// `make` is the same function: the declarations for CommonJS take the signature from there.
export { cluster as default, make as 'module.exports' };
