import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describeEndpoint, type Endpoint, withPort } from '../endpoint.js';
import { acceptSocket } from './socket-accept.js';
import { dialSocket } from './socket-dial.js';
import { closeServer, listenAt } from './socket-listen.js';
import { SocketReads } from './socket-reads.js';
import { SocketStream } from './socket-stream.js';
import type { Transport } from './transport.js';

/** Plain TCP. */
export const tcp: Transport<'tcp'> = {
  /**
   * TCP lets a socket connect to itself, on an ephemeral port that no process listens on; such a connection is ended and
   * reported as refused.
   */
  async dial(endpoint, { signal }) {
    const { host, port } = endpoint;
    const check = (made: Socket): Error | undefined =>
      isConnectedToItself(made) ? refusedItself(endpoint) : undefined;
    const reads = new SocketReads('dialled');
    const socket = await dialSocket({ host, port, onread: reads.onread }, signal, check);
    return stream(socket, describeEndpoint(endpoint), host, reads);
  },

  async listen(endpoint, { onStream, onError }) {
    const { host, port } = endpoint;
    const server = createServer((accepted) => {
      const { socket, reads } = acceptSocket(accepted);
      onStream(stream(socket, `${socket.remoteAddress}:${socket.remotePort}`, String(socket.remoteAddress), reads));
    });
    await listenAt(server, { host, port }, onError);
    const { port: taken } = server.address() as AddressInfo;
    return { endpoint: withPort(endpoint, taken), close: () => closeServer(server) };
  },
};

function stream(socket: Socket, peer: string, address: string, reads?: SocketReads): SocketStream {
  // Nagle's algorithm would hold back a small packet until the last one is acknowledged: 40 to 88 ms for each call.
  socket.setNoDelay(true);
  return new SocketStream(socket, peer, address, { ...(reads && { reads }) });
}

function isConnectedToItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

function refusedItself(endpoint: Endpoint): Error {
  const error = new Error(`connect ECONNREFUSED ${describeEndpoint(endpoint)} (the socket had connected to itself)`);
  return Object.assign(error, { code: 'ECONNREFUSED' });
}
