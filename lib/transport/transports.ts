import type { Endpoint } from '../endpoint.js';
import type { TransportName } from '../server-info.js';
import type { ByteStream, DialOptions, Listener } from './byte-stream.js';
import { dialTcp, listenTcp, type TcpListenOptions } from './tcp.js';
import { dialWebSocket, listenWebSocket, type WebSocketDialOptions, type WebSocketListenOptions } from './websocket.js';

/** Options of all transports together. Each transport takes the options that it declares. */
export interface AnyDialOptions extends DialOptions, WebSocketDialOptions {}
export interface AnyListenOptions extends TcpListenOptions, WebSocketListenOptions {}

interface Transport<Name extends TransportName> {
  dial(endpoint: Endpoint<Name>, options: AnyDialOptions): Promise<ByteStream>;
  listen(endpoint: Endpoint<Name>, options: AnyListenOptions): Promise<Listener>;
}

const TRANSPORTS: { readonly [Name in TransportName]: Transport<Name> } = {
  tcp: { dial: dialTcp, listen: listenTcp },
  ws: { dial: dialWebSocket, listen: listenWebSocket },
};

export function dial<Name extends TransportName>(
  endpoint: Endpoint<Name>,
  options: AnyDialOptions,
): Promise<ByteStream> {
  return TRANSPORTS[endpoint.transport].dial(endpoint, options);
}

export function listen<Name extends TransportName>(
  endpoint: Endpoint<Name>,
  options: AnyListenOptions,
): Promise<Listener> {
  return TRANSPORTS[endpoint.transport].listen(endpoint, options);
}
