import type { TransportName } from '../call.js';
import type { ByteStream, DialOptions, Listener, ListenOptions } from './byte-stream.js';
import { dialTcp, listenTcp } from './tcp.js';
import { dialWebSocket, listenWebSocket } from './websocket.js';

interface Transport {
  dial(options: DialOptions): Promise<ByteStream>;
  listen(options: ListenOptions): Promise<Listener>;
}

const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  tcp: { dial: dialTcp, listen: listenTcp },
  ws: { dial: dialWebSocket, listen: listenWebSocket },
};

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

export function dial(transport: TransportName, options: DialOptions): Promise<ByteStream> {
  return TRANSPORTS[transport].dial(options);
}

export function listen(transport: TransportName, options: ListenOptions): Promise<Listener> {
  return TRANSPORTS[transport].listen(options);
}
