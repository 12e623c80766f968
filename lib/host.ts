import { isIP } from 'node:net';
import { invalid, nonEmptyString } from './options.js';
import { shown } from './quoted.js';

/** Addresses of this machine's loopback. All count as one: otherwise a port could have a Leader on each of them. */
const LOOPBACK = '127.0.0.1';
const LOOPBACKS: ReadonlySet<string> = new Set(['::1', LOOPBACK, '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1']);

/** Letters of a host name, underscores and a final dot included: Docker and Kubernetes have such names. */
const HOST_NAME = /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u;

/**
 * Checks a host, for both ends alike, and returns it as it is compared: an IPv6 address without brackets, an address of this
 * machine's loopback as 127.0.0.1. Throws {@link RpcCode.InvalidArgument} for a URL, for a host with a port, and for text that
 * is no address and no name.
 */
export function hostOption(name: string, value: unknown): string {
  const given = nonEmptyString(name, value);
  const host = /^\[.*\]$/.test(given) ? given.slice(1, -1) : given;
  if (isIP(host) !== 0) return LOOPBACKS.has(host.toLowerCase()) ? LOOPBACK : host;
  if (host === given && HOST_NAME.test(host)) return host;
  throw invalid(`${name} must be an address or a host name, got ${shown(value)}: ${cureOf(given)}`);
}

/** The host where a Leader listens: also the name `localhost` is made 127.0.0.1. */
export function listeningHost(host: string): string {
  return host.toLowerCase() === 'localhost' ? LOOPBACK : host;
}

export function isLoopback(host: string): boolean {
  const address = listeningHost(host);
  return isIP(address) === 4 && address.startsWith('127.');
}

/** Advice for the commonest mistakes. */
function cureOf(given: string): string {
  const withPort = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(given);
  if (withPort !== null)
    return `give the port ${withPort[3]} as port, and ${shown(withPort[1] ?? withPort[2])} as host`;
  const url = /^(\w+):\/\/([^/]*)/.exec(given);
  if (url !== null) return `leave ${shown(`${url[1]}://`)} out; the option transport says how to connect`;
  if (given.trim() !== given) return 'leave the white space out';
  return 'letters, digits, "-", "_" and "." may stand in a name';
}
