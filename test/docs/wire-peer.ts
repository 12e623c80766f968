import type { Socket } from 'node:net';

/**
 * A peer written from docs/wire.md alone ("The smallest peer"): nothing of the library is imported here. A reader who
 * writes a peer in another language needs as much as this.
 */
export interface Frame {
  readonly kind: 'request' | 'response';
  readonly id: number;
  readonly timeout: number;
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const HEADER_BYTES = 24;

export const EXT = { version: 1, codecs: ['json'], features: [] };
/** `{ success: true }` in serialize-json. */
export const ACCEPTED = Buffer.from('success^^^^$0|-1]');

export function writeFrame(socket: Socket, frame: Omit<Frame, 'body'> & { readonly body?: Buffer }): void {
  const head = Buffer.from(JSON.stringify(frame.head));
  const body = frame.body ?? Buffer.alloc(0);
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = 1;
  header[1] = frame.kind === 'request' ? 0 : 1;
  header.writeUInt32BE(frame.id, 8);
  header.writeUInt32BE(frame.timeout, 12);
  header.writeUInt32BE(head.length, 16);
  header.writeUInt32BE(body.length, 20);
  socket.write(Buffer.concat([header, head, body]));
}

/** Calls `onFrame` with each frame that comes in, however the bytes are cut. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= HEADER_BYTES) {
      const bodyAt = HEADER_BYTES + held.readUInt32BE(16);
      const end = bodyAt + held.readUInt32BE(20);
      if (held.length < end) return;
      const head = held.toString('utf8', HEADER_BYTES, bodyAt);
      onFrame({
        kind: held[1] === 0 ? 'request' : 'response',
        id: held.readUInt32BE(8),
        timeout: held.readUInt32BE(12),
        head: JSON.parse(head || '{}') as Record<string, unknown>,
        body: held.subarray(bodyAt, end),
      });
      held = held.subarray(end);
    }
  });
}

export function writeList(items: readonly unknown[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const text = Buffer.from(JSON.stringify(item) ?? '');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return [length, text];
    }),
  );
}

export function readList(body: Buffer): unknown[] {
  const items: unknown[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    items.push(readValue(body.subarray(at + 4, end)));
    at = end;
  }
  return items;
}

export function readValue(text: Buffer): unknown {
  return text.length === 0 ? undefined : JSON.parse(text.toString());
}
