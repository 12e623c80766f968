import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { codeOf } from '../error-parts.js';
import { describeForeign } from '../protocol/foreign-bytes.js';
import type { ListenOptions } from './transport.js';

/** Answers of Node.js to requests that it cannot read. Source: Node.js, `server.on('clientError')`. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
const UNREADABLE = '400 Bad Request';
const NO_HTTP = 'the peer sends packets, and no WebSocket: give both ends the same address and transport';

/**
 * Answers peers that do not upgrade to WebSocket, and reports each by its address and what it spoke: plain HTTP, or bytes that are
 * no HTTP.
 */
export function refuseStrangers(server: Server, peerOf: (socket: Socket) => string, options: ListenOptions): void {
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    options.onRefused?.(
      peerOf(socket),
      'the peer speaks HTTP without an upgrade to WebSocket: connect by ws:// or wss://',
    );
    response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'close' });
    response.end('mailstation speaks WebSocket here\n');
  });
  server.on('clientError', (error: Error & { readonly rawPacket?: Buffer }, stream) => {
    const socket = stream as Socket;
    // Without bytes of a request: the peer has gone, or was too slow.
    const { rawPacket } = error;
    if (rawPacket !== undefined) options.onRefused?.(peerOf(socket), describeForeign(rawPacket, 0) ?? NO_HTTP);
    if (!socket.writable) return void socket.destroy();
    socket.end(`HTTP/1.1 ${STATUS[String(codeOf(error))] ?? UNREADABLE}\r\nConnection: close\r\n\r\n`);
    socket.destroySoon();
  });
}
