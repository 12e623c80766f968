import { isIP } from 'node:net';
import { HOST_TRANSPORTS } from '../../endpoint.js';
import type { HostTransport } from '../../endpoint-forms.js';
import { hostOption } from '../../host.js';
import {
  type Filled,
  fieldsOf,
  invalid,
  nonEmptyString,
  oneOf,
  requiredInteger,
  timeoutMs,
  unfit,
} from '../../options.js';
import { shown } from '../../quoted.js';

/** Place of a server as the name service gives it. */
export interface DnsPlace {
  /** Address of the server, or the name in a record of type SRV. */
  readonly host: string;
  /** Port of the server. */
  readonly port: number;
}

/** Options of `dns()`. */
export interface DnsOptions {
  /**
   * Name of the servers. The full name is needed: `chat.default.svc.cluster.local`, since the search domains of the machine and its
   * file of hosts are not read.
   */
  name: string;
  /** Type of the servers, which calls are routed by. */
  serverType: string;
  /**
   * Port of the servers. With a port, the name is asked for addresses: of IPv4 or, where it has none, of IPv6. Without a port, the name
   * is asked for records of type SRV, which have the ports. Range: 1 to 65535.
   * @default records of type SRV
   */
  port?: number | undefined;
  /** Transport that the servers listen with. Range: 'tcp', 'tls', 'ws' or 'wss'. @default that of an entry of a roster */
  transport?: HostTransport | undefined;
  /**
   * Id of the server at a place. A server with the option `id` accepts only callers that know that id; one without an id accepts all.
   * @default `host:port`, such as `10.0.0.5:3333`
   */
  id?: ((place: DnsPlace) => string) | undefined;
  /**
   * Longest pause between two questions. The name is asked again when the shortest time to live of the answer is over, if that is
   * sooner, and at most once a second. An answer of type SRV has no time to live here.
   * Unit: ms. Range: 1000 to 2^31 - 1.
   * @default 5_000
   */
  interval?: number | undefined;
  /** Name servers, as addresses with or without a port: `10.96.0.10`, `127.0.0.1:5353`. @default those of the system */
  nameServers?: readonly string[] | undefined;
}

/** Shortest pause between two questions. Unit: ms */
export const MIN_INTERVAL_MS = 1_000;

export const DNS_DEFAULTS = Object.freeze({ interval: 5_000 }) satisfies Partial<DnsOptions>;

export type ResolvedDnsOptions = Filled<Pick<DnsOptions, 'name' | 'serverType' | 'id' | 'interval'>> &
  Pick<DnsOptions, 'port' | 'transport' | 'nameServers'>;

/** Checks the options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveDnsOptions(given: DnsOptions): ResolvedDnsOptions {
  fieldsOf('the argument of dns()', given, 'an object { name, serverType, port }');
  const name = hostOption('the name of dns()', given.name);
  if (isIP(name) !== 0) throw invalid(`the name of dns() must be a name, got the address ${shown(given.name)}`);
  const { port, transport, id = placeId, nameServers } = given;
  if (typeof id !== 'function') throw unfit('the id of dns()', 'a function ({ host, port }) => id', id);
  return Object.freeze({
    name,
    serverType: nonEmptyString('the serverType of dns()', given.serverType),
    port: port === undefined ? undefined : requiredInteger('the port of dns()', port, 1, 65_535),
    transport: transport && oneOf('the transport of dns()', transport, transport, HOST_TRANSPORTS),
    id,
    interval: timeoutMs('the interval of dns()', given.interval, DNS_DEFAULTS.interval, MIN_INTERVAL_MS),
    nameServers: nameServers && addresses(nameServers),
  });
}

function placeId({ host, port }: DnsPlace): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function addresses(given: readonly string[]): readonly string[] {
  const isAddress = (each: unknown): boolean =>
    typeof each === 'string' && (isIP(each) !== 0 || /^(?:\[[\da-f:.]+\]|[\d.]+):\d{1,5}$/i.test(each));
  if (Array.isArray(given) && given.length > 0 && given.every(isAddress)) return [...given];
  throw unfit('the nameServers of dns()', 'a list of addresses, such as "10.96.0.10" or "127.0.0.1:5353"', given);
}
