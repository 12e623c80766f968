import type { Endpoint } from '../endpoint.js';
import type { TransportName } from '../server-info.js';
import type { ByteStream } from './byte-stream.js';
import { tcp } from './tcp.js';
import { tls } from './tls.js';
import type { DialOptions, Listener, ListenOptions, Transport } from './transport.js';
import { unix } from './unix.js';
import { ws, wss } from './websocket.js';

const TRANSPORTS: { readonly [Name in TransportName]: Transport<Name> } = { tcp, tls, unix, ws, wss };

/** Dials by the transport of the endpoint; see {@link Transport.dial}. */
export function dial<Name extends TransportName>(endpoint: Endpoint<Name>, options: DialOptions): Promise<ByteStream> {
  return TRANSPORTS[endpoint.transport].dial(endpoint, options);
}

/** Listens by the transport of the endpoint; see {@link Transport.listen}. */
export function listen<Name extends TransportName>(
  endpoint: Endpoint<Name>,
  options: ListenOptions,
): Promise<Listener> {
  return TRANSPORTS[endpoint.transport].listen(endpoint, options);
}
