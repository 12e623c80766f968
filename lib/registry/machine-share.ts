import { type SecretOption, secretSources } from '../auth/secret-option.js';
import type { Endpoint } from '../endpoint.js';
import { meetingPlace } from '../meeting-place.js';
import { boolean, fieldsOf, invalid } from '../options.js';
import { type OptionNames, unknownOptions } from '../unknown-options.js';

/** How the processes of one machine share their connection to the registry. */
export interface MachineShareOptions {
  /**
   * Port on 127.0.0.1 that the processes compete for. The process that holds the port has the connection to the registry. Required
   * unless {@link MachineShareOptions.path} is given. Range: 1 to 65535.
   */
  port?: number | undefined;
  /**
   * Path of a unix socket that the processes compete for, in place of a port: programs of other users cannot connect. A folder that
   * does not exist is made for the user of this process alone.
   * @default a port
   */
  path?: string | undefined;
  /** Whether this process may have the connection. With `false`, the process waits while no other one has the connection. @default true */
  lead?: boolean | undefined;
  /**
   * Secret that the processes must know to use the connection, see {@link SecretOption}. Use the same in all processes. Range: 1 to 16
   * secrets of 16 to 1,024 bytes.
   * @default none
   */
  secret?: SecretOption | undefined;
}

export const MACHINE_SHARE_DEFAULTS = Object.freeze({ lead: true }) satisfies MachineShareOptions;

const NAMES = Object.freeze({
  port: true,
  path: true,
  lead: true,
  secret: true,
}) satisfies OptionNames<MachineShareOptions>;

/** {@link MachineShareOptions} after the check. */
export interface CheckedMachineShare {
  /** The place that the processes compete for. */
  readonly endpoint: Endpoint;
  readonly lead: boolean;
  readonly secret: SecretOption | undefined;
}

/** Checks the option `share` of a registry. Throws {@link RpcCode.InvalidArgument}. */
export function checkMachineShare(given: MachineShareOptions): CheckedMachineShare {
  fieldsOf('share', given, 'an object such as { port } or { path }');
  const [unknown] = unknownOptions(given, { names: NAMES });
  if (unknown !== undefined)
    throw invalid(`share has an option that does not exist: ${unknown}; docs/options.md has the names`);
  const { port, path, secret } = given;
  if (secret !== undefined) secretSources('share.secret', secret);
  return Object.freeze({
    endpoint: meetingPlace({ port, path }, 'share.'),
    lead: boolean('share.lead', given.lead, MACHINE_SHARE_DEFAULTS.lead),
    secret,
  });
}
