import { constants } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { TlsOptions as NodeTlsOptions, TLSSocket, Server as TlsServer } from 'node:tls';
import { codeOf } from '../error-parts.js';
import { invalid } from '../options.js';
import { answerWithTls } from '../protocol/foreign-answer.js';
import type { Handshakes } from './handshakes.js';
import type { TlsMaterial } from './tls-material.js';
import type { ListenOptions } from './transport.js';

const { SSL_OP_NO_TICKET } = constants;
/** First byte of a connection over TLS: the record type of a handshake. */
const TLS_HANDSHAKE = 22;
/** A peer that does not trust the certificate of this server ends the connection, and gives no reason. */
const LEFT =
  'the peer ended the connection in the TLS handshake, as a caller does that does not accept the certificate of this server';

/**
 * Options of a server of node:tls or node:https. The Leader itself refuses a peer without a verified certificate, and tells the
 * peer the reason: Node.js would end the connection without a word. A session must then not be resumed, since Node.js takes each
 * resumed session for authorized, also that of a peer which was not; without tickets no session is.
 */
export function serverTlsOptions(tls: TlsMaterial): NodeTlsOptions {
  const { requestCert, options } = tls;
  return {
    ...options,
    requestCert,
    rejectUnauthorized: false,
    ...(requestCert && { secureOptions: SSL_OP_NO_TICKET }),
  };
}

/** Server that accepts sockets for `secure`, and that answers those that speak no TLS. */
export function acceptTls(
  secure: TlsServer,
  scheme: 'tls' | 'wss',
  tls: TlsMaterial,
  options: ListenOptions,
  handshakes: Handshakes,
): { readonly front: Server; stopWatching(): void } {
  const { onRefused, onReloadFailed } = options;
  const front = createServer((socket) => {
    const peer = `${scheme}://${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('error', () => {}); // the end of the socket follows
    let isTls = false;
    // Before the listener of `begin`, after which the handshake counts as over.
    socket.once('close', () => {
      if (isTls && handshakes.has(peer)) onRefused?.(peer, LEFT);
    });
    handshakes.begin(peer, socket, true);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return void socket.destroy(); // a peer that only asks whether the port is open
      if (first[0] !== TLS_HANDSHAKE) return answerPlain(socket, first, (why) => onRefused?.(peer, why));
      isTls = true;
      socket.unshift(first);
      secure.emit('connection', socket);
    });
  });
  secure.on('secureConnection', (socket) => {
    const peer = tlsPeerOf(scheme, socket);
    // A caller over TLS 1.2 verifies the certificate when the handshake is over.
    socket.once('end', () => {
      if (socket.bytesRead === 0) onRefused?.(peer, LEFT);
    });
  });
  secure.on('tlsClientError', (error, socket) => {
    const peer = tlsPeerOf(scheme, socket);
    if (!handshakes.has(peer)) return; // closed, and so reported
    handshakes.end(peer);
    onRefused?.(peer, `the TLS handshake failed (${codeOf(error) ?? error.message})`);
  });
  const stopWatching = tls.watch({
    onChange: () => secure.setSecureContext(serverTlsOptions(tls)),
    onFailure: (error) => onReloadFailed?.(error),
  });
  return { front, stopWatching };
}

export function tlsPeerOf(
  scheme: string,
  { remoteAddress, remotePort }: Pick<TLSSocket, 'remoteAddress' | 'remotePort'>,
): string {
  return `${scheme}://${remoteAddress}:${remotePort}`;
}

function answerPlain(socket: Socket, first: Buffer, onRefused: (why: string) => void): void {
  const { why, answer } = answerWithTls(first);
  onRefused(why);
  socket.end(answer);
  socket.resume(); // the end of the peer must be read
}

/** Material of a server. Throws where the server has no certificate, or one that is not valid now. */
export function requiredTls(tls: TlsMaterial | undefined): TlsMaterial {
  if (tls === undefined) throw invalid('a place with TLS needs a certificate: give tls.certFile and tls.keyFile');
  tls.refresh();
  tls.requireValid();
  return tls;
}
