import type { Endpoint } from '../endpoint.js';
import { meetingPlace } from '../meeting-place.js';
import { boolean, fieldsOf, invalid } from '../options.js';
import { type OptionNames, unknownOptions } from '../unknown-options.js';

/** How the processes of one machine share their connection to the elected process of a shared client. */
export interface ClusterShareOptions {
  /**
   * Port on 127.0.0.1 that the processes compete for. The process that holds the port has the connection. Required unless
   * {@link ClusterShareOptions.path} is given. Shared clients of several names may use one port, if all processes create all of them.
   * Range: 1 to 65535.
   */
  port?: number | undefined;
  /**
   * Path of a unix socket that the processes compete for, in place of a port: programs of other users cannot connect. A folder that
   * does not exist is made for the user of this process alone.
   * @default a port
   */
  path?: string | undefined;
  /** Whether this process may have the connection, and the real client. With `false`, the process goes through another one. @default true */
  lead?: boolean | undefined;
}

export const CLUSTER_SHARE_DEFAULTS = Object.freeze({ lead: true }) satisfies ClusterShareOptions;

const NAMES = Object.freeze({ port: true, path: true, lead: true }) satisfies OptionNames<ClusterShareOptions>;

/** {@link ClusterShareOptions} after the check. */
export interface ResolvedClusterShare {
  /** The place that the processes compete for. */
  readonly endpoint: Endpoint;
  readonly lead: boolean;
}

/** Checks the option `share` of a shared client. Throws {@link RpcCode.InvalidArgument}. */
export function resolveClusterShare(given: ClusterShareOptions): ResolvedClusterShare {
  fieldsOf('share', given, 'an object such as { port } or { path }');
  const [unknown] = unknownOptions(given, { names: NAMES });
  if (unknown !== undefined)
    throw invalid(`share has an option that does not exist: ${unknown}; docs/options.md has the names`);
  const { port, path, lead } = given;
  return Object.freeze({
    endpoint: meetingPlace({ port, path }, 'share.'),
    lead: boolean('share.lead', lead, CLUSTER_SHARE_DEFAULTS.lead),
  });
}
