import { isIPv4, isIPv6 } from 'node:net';
import { invalid, unfit } from '../../options.js';
import { quoted } from '../../quoted.js';

/** A member of etcd, as a client reaches it. */
export interface Host {
  /** Form for messages: `https://etcd-1:2379`. */
  readonly url: string;
  readonly name: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Form for @grpc/grpc-js. */
  readonly target: string;
}

const DEFAULT_PORT = 2379;
const WANTED = "a list of URLs such as 'https://etcd-1:2379'";
const PROTOCOLS = ['http:', 'https:'];

/** Checks the option `hosts`. Throws {@link RpcCode.InvalidArgument}. */
export function hostsOption(name: string, value: unknown): readonly Host[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (value === undefined || list.length === 0) throw unfit(name, WANTED, value);
  const hosts = list.map((each) => hostOf(name, each));
  const secure = hosts.filter(({ isSecure }) => isSecure);
  if (secure.length > 0 && secure.length < hosts.length)
    throw invalid(
      `${name} mixes http and https: a password would be readable on the way to some of them. Give one of both`,
    );
  return hosts.filter(({ url }, at) => hosts.findIndex((other) => other.url === url) === at);
}

function hostOf(name: string, value: unknown): Host {
  if (typeof value !== 'string') throw unfit(name, WANTED, value);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !PROTOCOLS.includes(url.protocol) || url.hostname === '') throw unfit(name, WANTED, value);
  if (url.username !== '' || url.password !== '')
    throw invalid(`${name} must not contain a user or a password: give auth: { username, password }`);
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw invalid(`${name} must be URLs without a path, got ${quoted(value)}: the keys are below the namespace`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A URL without a port has the port of its protocol, which a URL does not show.
  const port = url.port !== '' ? Number(url.port) : /:(?:80|443)\/?$/.test(value) ? portOf(url.protocol) : DEFAULT_PORT;
  const place = `${url.hostname}:${port}`;
  const scheme = isIPv4(host) ? 'ipv4:' : isIPv6(host) ? 'ipv6:' : 'dns:';
  return Object.freeze({
    url: `${url.protocol}//${place}`,
    name: host,
    port,
    isSecure: url.protocol === 'https:',
    target: scheme + place,
  });
}

function portOf(protocol: string): number {
  return protocol === 'https:' ? 443 : 80;
}
