import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { describeEndpoint, withPort } from '../endpoint.js';
import { Handshakes } from './handshakes.js';
import { endWithRealTicks } from './real-ticks.js';
import { closeServer, listenAt } from './socket-listen.js';
import { SocketStream } from './socket-stream.js';
import { acceptTls, requiredTls, serverTlsOptions, tlsPeerOf } from './tls-accept.js';
import { dialTls } from './tls-dial.js';
import { peerFacts, tlsFacts } from './tls-peer.js';
import type { Transport } from './transport.js';

/** Bytes that wait in a socket within one turn of the event loop. */
const writingBytes = 64 * 1024;

/**
 * TLS over TCP. A client over TLS 1.3 has its connection before the server has looked at the certificate of the client: a
 * connection is in use when the registration is accepted.
 */
export const tls: Transport<'tls'> = {
  async dial(endpoint, options) {
    const { socket, explain } = await dialTls(endpoint, options);
    socket.setNoDelay(true);
    return new SocketStream(socket, describeEndpoint(endpoint), endpoint.host, {
      facts: tlsFacts(socket),
      explain,
      writingBytes,
    });
  },

  async listen(endpoint, options) {
    const { host, port } = endpoint;
    const material = requiredTls(options.tls);
    const handshakes = new Handshakes(options, 'TLS handshake');
    const server = createServer(serverTlsOptions(material), (socket) => {
      const peer = tlsPeerOf('tls', socket);
      handshakes.end(peer);
      endWithRealTicks(socket);
      socket.setNoDelay(true);
      options.onStream(
        new SocketStream(socket, peer, String(socket.remoteAddress), {
          facts: peerFacts(socket, material),
          writingBytes,
        }),
      );
    });
    const { front, stopWatching } = acceptTls(server, 'tls', material, options, handshakes);
    await listenAt(front, { host, port }, options.onError).catch((error: unknown) => {
      stopWatching();
      throw error;
    });
    const { port: taken } = front.address() as AddressInfo;
    return {
      endpoint: withPort(endpoint, taken),
      close() {
        stopWatching();
        handshakes.destroy();
        return closeServer(front);
      },
    };
  },
};
