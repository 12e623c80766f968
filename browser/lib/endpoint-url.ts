import type { Endpoint } from '../../lib/endpoint-forms.js';
import { invalid, nonEmptyString } from '../../lib/options.js';
import { quoted } from '../../lib/quoted.js';

/** Schemes that a page can connect by, with the port of a URL that names none. */
const PORTS: Readonly<Record<string, number>> = { 'ws:': 80, 'wss:': 443 };
const MEANT: Readonly<Record<string, string>> = { 'http:': 'ws://', 'https:': 'wss://' };

/** True for a URL that a page can connect to. */
export function isEndpointUrl(value: unknown): value is string {
  return typeof value === 'string' && /^wss?:/i.test(value);
}

/**
 * Reads the URL of a server: `wss://chat.example/rpc`. Throws {@link RpcCode.InvalidArgument}, without the user and the password
 * that the URL may hold.
 */
export function endpointOfUrl(name: string, value: unknown): Endpoint {
  const given = nonEmptyString(name, value);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const refuse = (what: string, cure: string): Error =>
    invalid(`${name} ${what}, got ${quoted(given.replace(/(:\/\/)[^/?#]*@/, '$1'))}: ${cure}`);
  const port = PORTS[url?.protocol ?? ''];
  if (url === undefined || port === undefined) {
    const meant = MEANT[url?.protocol ?? ''];
    throw refuse(
      'must be a URL of WebSockets',
      meant === undefined ? 'a web page connects by ws:// or wss:// only' : `write ${meant}`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw refuse('must not hold a user or a password', 'leave the part in front of "@" out');
  if (url.hash !== '') throw refuse('must not have a fragment', 'leave the part from "#" on out');
  const transport = url.protocol.slice(0, -1) as 'ws';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const path = url.pathname + url.search;
  return Object.freeze({ transport, host, port: url.port === '' ? port : Number(url.port), path });
}
