import { isIP, SocketAddress } from 'node:net';
import { invalid, nonEmptyString } from './options.js';
import { shown } from './quoted.js';

/** Address of this machine's loopback. All count as this one: otherwise a port could have a Leader on each of them. */
const LOOPBACK = '127.0.0.1';
/** Limit of DNS. */
const MAX_NAME_LENGTH = 253;

/** Text that the system's resolver reads as an IPv4 address, as it does `127.1` and `0x7f000001`. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;

/** Letters of a host name, underscores and a final dot included: Docker and Kubernetes have such names. */
const HOST_NAME = /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u;

/**
 * Checks a host, for both ends alike, and returns the form in which hosts are compared: an IPv6 address without brackets and
 * in its shortest form, an IPv4 address as four decimal numbers, the loopback address as 127.0.0.1. Throws {@link RpcCode.InvalidArgument} for a URL, for a host with a port, and for text that
 * is no address and no name.
 */
export function hostOption(name: string, value: unknown): string {
  const given = nonEmptyString(name, value);
  const host = /^\[.*\]$/.test(given) ? given.slice(1, -1) : given;
  if (isIP(host) === 6) return canonicalIPv6(host);
  if (host === given && host.length <= MAX_NAME_LENGTH && HOST_NAME.test(host)) {
    if (/^localhost\.$/i.test(host)) return 'localhost'; // many resolvers do not know the form with a dot
    if (!ENDS_IN_NUMBER.test(host)) return host;
    const address = canonicalIPv4(host);
    if (address !== undefined) return address;
  }
  throw invalid(`${name} must be an address or a host name, got ${shown(value)}: ${cureOf(given)}`);
}

/** The four decimal parts of an IPv4 address in any spelling. Undefined for numbers that are no address, as 256.1.1.1. */
function canonicalIPv4(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** The shortest form of an IPv6 address, with its zone. An IPv4 address in IPv6 becomes one of IPv4. */
function canonicalIPv6(host: string): string {
  const [address = host, zone] = host.split('%');
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address;
  if (shortest === '::1') return LOOPBACK;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(shortest)?.[1];
  return mapped ?? (zone === undefined ? shortest : `${shortest}%${zone}`);
}

/** The host where a Leader listens: also the name `localhost` is made 127.0.0.1. */
export function listeningHost(host: string): string {
  return host.toLowerCase() === 'localhost' ? LOOPBACK : host;
}

export function isLoopback(host: string): boolean {
  const address = listeningHost(host);
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** Advice for the commonest mistakes. */
function cureOf(given: string): string {
  const withPort = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(given);
  if (withPort !== null)
    return `give the port ${withPort[3]} as port, and ${shown(withPort[1] ?? withPort[2])} as host`;
  const url = /^(\w+):\/\/([^/]*)/.exec(given);
  if (url !== null) return `leave ${shown(`${url[1]}://`)} out, or give the whole as url, in an entry of a roster`;
  if (given.trim() !== given) return 'leave the white space out';
  if (given === '*') return 'to listen on all addresses, give "0.0.0.0", or "::" with IPv6';
  if (given.includes('/')) return 'give the path of a unix socket as url, in an entry of a roster: "unix:/path"';
  if (given.length > MAX_NAME_LENGTH) return `a name has ${MAX_NAME_LENGTH} characters at most`;
  if (ENDS_IN_NUMBER.test(given)) return 'an IPv4 address has four numbers from 0 to 255';
  return 'letters, digits, "-", "_" and "." may stand in a name';
}
