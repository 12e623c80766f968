import { once } from 'node:events';
import { RawPeer, registration } from './raw-peer.js';

const CONTINUATION = 0;
const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;

export interface Message {
  readonly opcode?: number;
  readonly isLast?: boolean;
  /** Sets the bit that marks a compressed message, whether or not compression was agreed on. */
  readonly isCompressed?: boolean;
}

/** Bytes of a frame of the WebSocket protocol, made without the library. The mask is zero. */
export function message(body: Buffer, { opcode = BINARY, isLast = true, isCompressed = false }: Message = {}): Buffer {
  const first = opcode + (isLast ? 0x80 : 0) + (isCompressed ? 0x40 : 0);
  const header = body.length < 126 ? Buffer.of(first, 0x80 + body.length) : Buffer.of(first, 0x80 + 126, 0, 0);
  if (header.length > 2) header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, Buffer.alloc(4), body]);
}

/** A part of a message: the first, or a further one. */
export function fragment(index: number, body: Buffer): Buffer {
  return message(body, { opcode: index === 0 ? BINARY : CONTINUATION, isLast: false });
}

/** Connects by WebSocket, and registers on the channel. */
export async function webSocketPeer(port: number, channel: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(port);
  const lines = [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  for (const bytes of [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), message(registration(channel))]) {
    peer.socket.write(bytes);
    await Promise.race([once(peer.socket, 'data'), once(peer.socket, 'close')]);
  }
  return peer;
}
