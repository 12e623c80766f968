import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EtcdOptions } from '../etcd.js';
import type { ClientOptions } from '../index.js';
import { type Fleet, type FleetTargets, openFleet } from '../observe/fleet/index.js';
import { CommandError, exitCodeOf, optionsFor, usage } from './exit-code.js';

/** Options of all verbs that talk to servers. */
export interface FleetFlags {
  readonly etcd?: readonly string[];
  readonly namespace?: string;
  readonly etcdUser?: string;
  readonly etcdPassword?: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly secret?: string;
  readonly secretFile?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly timeout: number;
}

const FINDING = 'Finding servers:';
const PROVING = 'Proving who calls:';
const DEFAULT_TIMEOUT_MS = 5_000;

/** Adds the options that say where the servers are and how this end proves who it is. {@link fleetOf} reads them. */
export function withFleetOptions(command: Command): Command {
  const collect = (text: string, before: readonly string[] | undefined): string[] => [
    ...(before ?? []),
    ...text.split(',').filter((host) => host !== ''),
  ];
  const finding = [
    new Option('-e, --etcd <hosts>', 'the servers of this etcd: http://host:2379, several with commas')
      .env('MAILSTATION_ETCD')
      .argParser(collect),
    new Option('-n, --namespace <name>', 'namespace of the servers in etcd').env('MAILSTATION_NAMESPACE'),
    new Option('--etcd-user <name>', 'user of etcd').env('MAILSTATION_ETCD_USER'),
    new Option('--etcd-password <text>', 'password of etcd').env('MAILSTATION_ETCD_PASSWORD'),
    new Option('--etcd-ca <file>', 'authorities of https hosts of etcd, PEM'),
    new Option('--etcd-cert <file>', 'certificate for etcd, PEM'),
    new Option('--etcd-key <file>', 'key of that certificate, PEM'),
    new Option('-t, --timeout <time>', 'time for each question: 500ms, 5s, 1m, or a number of ms')
      .default(DEFAULT_TIMEOUT_MS, '5s')
      .argParser(durationOf),
  ];
  const proving = [
    new Option('--secret <text>', 'secret of the servers; other users of this machine can see it').env(
      'MAILSTATION_SECRET',
    ),
    new Option('--secret-file <file>', 'file with that secret, one in each line'),
    new Option('--token <text>', 'token for servers with `authenticate`').env('MAILSTATION_TOKEN'),
    new Option('--ca <file>', 'authorities that sign the servers, PEM; host:port then means TLS'),
    new Option('--cert <file>', 'certificate of this end, PEM'),
    new Option('--key <file>', 'key of the certificate, PEM'),
    new Option('--server-name <name>', 'name in the certificate of the servers'),
  ];
  for (const option of finding) command.addOption(option.helpGroup(FINDING));
  for (const option of proving) command.addOption(option.helpGroup(PROVING));
  return command;
}

/** Reads a time: `500ms`, `5s`, `1m`, or a number of ms. Unit of the result: ms */
export function durationOf(text: string): number {
  const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const factors: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const ms = Math.round(Number(digits) * (factors[unit] ?? Number.NaN));
  if (ms >= 1 && ms < 2 ** 31) return ms;
  throw new InvalidArgumentError('Write a time such as 500ms, 5s or 1m, from 1ms to 24 days.');
}

/** The servers that the options and the addresses of a command line name. */
export function targetsOf(addresses: readonly string[], flags: FleetFlags): FleetTargets {
  const { etcd, namespace, timeout } = flags;
  if (addresses.length === 0 && etcd === undefined)
    throw usage('no server is named: give an address such as 127.0.0.1:3333, or --etcd with --namespace');
  return {
    addresses,
    timeout,
    client: clientOptions(flags),
    ...(etcd && { etcd: etcdOptions(etcd, namespace, flags) }),
  };
}

/** A started client of the servers. Servers that cannot be found are in `unknown`; see {@link demandAll}. `more`: further options of the client. */
export function fleetOf(addresses: readonly string[], flags: FleetFlags, more: ClientOptions = {}): Promise<Fleet> {
  const targets = targetsOf(addresses, flags);
  return openFleet({ ...targets, client: { ...targets.client, ...more } });
}

/** Throws the reason of the first address where no server was found. */
export function demandAll({ unknown: [first] }: Pick<Fleet, 'unknown'>): void {
  if (first === undefined) return;
  const { code, message } = first.failure;
  throw new CommandError(exitCodeOf(code), `${first.address}: ${message}${optionsFor(first.failure)}`, code);
}

function clientOptions({ secret, secretFile, token, ca, cert, key, serverName }: FleetFlags): ClientOptions {
  if (secret !== undefined && secretFile !== undefined) throw usage('give --secret or --secret-file, and not both');
  const hasTls = [ca, cert, key, serverName].some((each) => each !== undefined);
  return {
    ...{ logger: QUIET, clientId: 'mailstation-cli' },
    ...(secret !== undefined && { secret }),
    ...(secretFile !== undefined && { secret: { file: secretFile } }),
    ...(token !== undefined && { auth: token }),
    ...(hasTls && { tls: { ...files(ca, cert, key), ...(serverName !== undefined && { servername: serverName }) } }),
  };
}

function etcdOptions(hosts: readonly string[], namespace: string | undefined, flags: FleetFlags): EtcdOptions {
  if (namespace === undefined) throw usage('--etcd needs --namespace: the name that the servers give to etcd()');
  const { etcdUser: username, etcdPassword: password, etcdCa, etcdCert, etcdKey } = flags;
  if ((username === undefined) !== (password === undefined)) throw usage('--etcd-user and --etcd-password go together');
  const tls = files(etcdCa, etcdCert, etcdKey);
  return {
    ...{ hosts: [...hosts], namespace },
    ...(username !== undefined && password !== undefined && { auth: { username, password } }),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

function files(ca: string | undefined, cert: string | undefined, key: string | undefined): Record<string, string> {
  return {
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
  };
}

/** The errors of calls say everything that the log of a client does. */
const QUIET = Object.freeze({ info() {}, warn() {}, error() {} });
