import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Random } from '../random.js';

/** First bytes of peers of other protocols, and of the transports themselves. */
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://127.0.0.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n';
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
/** A binary message of 3 bytes, masked; a ping; a close frame; a message that claims 2^63 bytes; a text. */
const MESSAGES = ['8283010203040000 00'.replace(' ', ''), '8900', '888203e8', '82ff7fffffffffffffff', '8103616263'];
const OTHERS = [
  'SSH-2.0-x\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n',
  '\0'.repeat(64),
];

let hello: Promise<Buffer> | undefined;

/** The first bytes of a TLS client, caught once. */
function clientHello(): Promise<Buffer> {
  hello ??= new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
      socket.on('error', () => {});
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
    });
  });
  return hello;
}

/** Bytes in the place of a handshake of a transport, damaged more often than not. */
export async function oddHandshake(random: Random, role: 'client' | 'server'): Promise<Buffer> {
  const upgrade = Buffer.from(role === 'client' ? UPGRADE : SWITCHING);
  const messages = Array.from({ length: random.below(6) }, () => Buffer.from(random.pick(MESSAGES), 'hex'));
  const pieces = [
    () => Buffer.concat([upgrade, ...messages]),
    () => Buffer.concat([upgrade, random.damage(Buffer.concat([...messages, random.bytes(20)]))]),
    () => random.damage(upgrade),
    () => Buffer.from(random.pick(OTHERS)),
    () => random.bytes(random.below(300)),
  ];
  if (random.oneIn(3)) return random.damage(await clientHello());
  return random.pick(pieces)();
}
