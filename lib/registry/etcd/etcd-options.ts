import { fieldsOf, invalid, requiredString } from '../../options.js';
import { TlsMaterial } from '../../transport/tls-material.js';
import type { TlsOptions } from '../../transport/tls-options.js';
import { type OptionNames, unknownOptions } from '../../unknown-options.js';
import { type CheckedMachineShare, checkMachineShare, type MachineShareOptions } from '../machine-share.js';
import { namespaceOption } from '../namespace.js';
import { type RegistryOptions, type ResolvedRegistryOptions, resolveRegistryOptions } from '../registry-options.js';
import { type Host, hostsOption } from './hosts.js';

/** User of etcd, for an etcd with authentication. */
export interface EtcdAuth {
  /** Name of the user. */
  username: string;
  /** Password of the user. Never part of an error or of a line in the log. */
  password: string;
}

/** Options of `etcd()`. */
export interface EtcdOptions extends RegistryOptions {
  /**
   * Members of etcd: `https://host:port` of each, or `http://` for all of them. One is connected to at a time, and the next one when that
   * fails. Range: 1 or more URLs.
   */
  hosts: string | readonly string[];
  /** Name that sets the keys of one application apart from others in the same etcd. Range: 1 to 128 letters, digits, `.`, `_` and `-`. */
  namespace: string;
  /** Certificates, for `https` hosts; see {@link TlsOptions}. @default the authorities that Node.js contains */
  tls?: TlsOptions | undefined;
  /** User and password. @default none */
  auth?: EtcdAuth | undefined;
  /**
   * Use one connection for all processes of a machine, see {@link MachineShareOptions}. The processes that give the same place, hosts,
   * namespace and user share it: one of them has the connection, and the others go through that process.
   * @default each process has a connection of its own
   */
  share?: MachineShareOptions | undefined;
}

const NAMES = Object.freeze({
  hosts: true,
  namespace: true,
  tls: true,
  auth: true,
  share: true,
  ttl: true,
  maxServers: true,
}) satisfies OptionNames<EtcdOptions>;
const AUTH_NAMES = Object.freeze({ username: true, password: true }) satisfies OptionNames<EtcdAuth>;

/** {@link EtcdOptions} after the check. */
export interface CheckedEtcd {
  readonly hosts: readonly Host[];
  readonly namespace: string;
  /** Undefined where the hosts speak no TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly auth: Readonly<EtcdAuth> | undefined;
  readonly share: CheckedMachineShare | undefined;
  readonly registry: ResolvedRegistryOptions;
}

/** Checks the options, before any I/O but the reading of certificates. Throws {@link RpcCode.InvalidArgument}. */
export function checkEtcdOptions(given: EtcdOptions): CheckedEtcd {
  fieldsOf('options of etcd()', given, 'an object such as { hosts, namespace }');
  refuseUnknown('etcd()', unknownOptions(given, { names: NAMES }));
  const hosts = hostsOption('hosts', given.hosts);
  const isSecure = hosts.some((host) => host.isSecure);
  if (given.tls !== undefined && !isSecure)
    throw invalid('tls needs hosts with https: the connection to http hosts is not encrypted');
  return Object.freeze({
    hosts,
    namespace: namespaceOption('namespace', given.namespace),
    tls: isSecure ? new TlsMaterial(given.tls ?? {}) : undefined,
    auth: given.auth === undefined ? undefined : authOption(given.auth),
    share: given.share === undefined ? undefined : checkMachineShare(given.share),
    registry: resolveRegistryOptions(given, 'etcd()'),
  });
}

function authOption(given: EtcdAuth): Readonly<EtcdAuth> {
  fieldsOf('auth', given, 'an object with username and password');
  refuseUnknown('auth', unknownOptions(given, { names: AUTH_NAMES }));
  const username = requiredString('auth.username', given, 'username');
  if (typeof given.password !== 'string' || given.password === '')
    throw invalid(
      `auth.password must be a non-empty string, got ${given.password === '' ? "''" : typeof given.password}`,
    );
  return Object.freeze({ username, password: given.password });
}

function refuseUnknown(where: string, [unknown]: readonly string[]): void {
  if (unknown !== undefined)
    throw invalid(`${where} has an option that does not exist: ${unknown}; docs/options.md has the names`);
}
