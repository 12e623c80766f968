import { resolve } from 'node:path';
import { urlOf } from '../../lib/endpoint.js';
import { endpointOfUrl, isEndpointUrl } from '../../lib/endpoint-url.js';
import { invalid } from '../../lib/options.js';
import { quoted } from '../../lib/quoted.js';

/** A place that a user has written: where a server listens and, if given, the id of the server. */
export interface Address {
  /** Text of the user. */
  readonly address: string;
  readonly id: string | undefined;
  /** Place in the form that rosters have: `tcp://127.0.0.1:3333`. */
  readonly url: string;
}

const FORMS =
  'host:port, a port of this machine, /path/of/a.sock, or a URL: tcp://, tls://, ws:// or wss://host:port, unix:/path';

/**
 * Reads an address: `host:port`, `3333` for a port of this machine, the path of a unix socket, or a URL, each with the id of the server in
 * front where the user gives one: `chat-1@10.0.0.7:3333`. `isSecure`: a place without a scheme speaks TLS.
 * @throws {@link RpcCode.InvalidArgument} for a text of another form
 */
export function readAddress(address: string, isSecure = false): Address {
  const [, id, place = ''] = /^(?:([^@/]+)@)?(.*)$/s.exec(address) ?? [];
  const endpoint = endpointOfUrl('the address', urlOfPlace(place, address, isSecure));
  return { address, id, url: urlOf(endpoint) };
}

function urlOfPlace(place: string, address: string, isSecure: boolean): string {
  if (/^\.{0,2}\//.test(place)) return `unix:${resolve(place)}`;
  if (isEndpointUrl(place) || /^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return place;
  const [, host = '', port] = /^(?:(\[[^\]]*\]|[^:\s/]*):)?(\d+)$/.exec(place) ?? [];
  if (port === undefined) throw invalid(`${quoted(address)} is no address: write ${FORMS}`);
  return `${isSecure ? 'tls' : 'tcp'}://${host === '' ? '127.0.0.1' : host}:${port}`;
}
