import { tcpCarrier } from '../limit/carrier.js';
import { RawLink } from '../limit/raw-link.js';
import type { Peer } from '../peer.js';

/**
 * Frames of bytes without a codec: what a call costs that encodes and decodes nothing. Objects and texts are bytes of their length that
 * were made once, and the answer to them is the value itself; bytes really travel.
 */
const SMALL_BYTES = Buffer.alloc(60, 'x');

export const peer: Peer = {
  serve: () =>
    tcpCarrier.listen((stream) => {
      const link = new RawLink(stream, (id, bytes) => link.send(id, bytes));
    }),

  async connect(port) {
    const stream = await tcpCarrier.connect(port);
    const waiting = new Map<number, { value: unknown; bytes: Buffer; resolve(value: unknown): void }>();
    const texts = new Map<string, Buffer>();
    let lastId = 0;
    const link = new RawLink(stream, (id, bytes) => {
      const call = waiting.get(id);
      if (call === undefined) throw new Error(`limit-raw: an answer to ${id}, which nobody asked`);
      waiting.delete(id);
      if (bytes.length !== call.bytes.length) throw new Error(`limit-raw: ${bytes.length} bytes came back`);
      call.resolve(Buffer.isBuffer(call.value) ? bytes : call.value);
    });
    const bytesOf = (value: unknown): Buffer => {
      if (Buffer.isBuffer(value)) return value;
      if (typeof value !== 'string') return SMALL_BYTES;
      const bytes = texts.get(value) ?? Buffer.from(value);
      texts.set(value, bytes);
      return bytes;
    };
    return {
      echo: (value) => {
        lastId = (lastId + 1) >>> 0;
        const bytes = bytesOf(value);
        const id = lastId;
        link.send(id, bytes);
        return new Promise((resolve) => waiting.set(id, { value, bytes, resolve }));
      },
      close: () => stream.close(),
    };
  },
};
