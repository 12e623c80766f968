import type { Codec } from '../../../lib/protocol/codec.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { Framer } from '../../../lib/protocol/framer.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  type FrameView,
  HEADER_BYTES,
  type PacketKind,
} from '../../../lib/protocol/packet.js';

/** A frame that outlives the view it was handed on in. */
export interface CopiedFrame {
  readonly kind: PacketKind;
  readonly id: number;
  readonly timeout: number;
  readonly head: string;
  /** Hex. */
  readonly body: string;
}

export function copyFrame({ kind, id, timeout, bytes, headStart, bodyStart, end }: FrameView): CopiedFrame {
  return {
    kind,
    id,
    timeout,
    head: bytes.toString('utf8', headStart, bodyStart),
    body: bytes.toString('hex', bodyStart, end),
  };
}

/** What a framer makes of the chunks. */
export function framesOf(chunks: Iterable<Buffer>, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): CopiedFrame[] {
  const frames: CopiedFrame[] = [];
  const framer = new Framer(maxFrameBytes, (frame) => frames.push(copyFrame(frame)));
  for (const chunk of chunks) framer.push(chunk);
  return frames;
}

/** A frame that fills its buffer, whose whole content is the head, the body, or anything. */
export function viewOf(bytes: Buffer, headBytes = bytes.length): FrameView {
  return { kind: 0, id: 1, timeout: 0, bytes, headStart: 0, bodyStart: headBytes, end: bytes.length };
}

/** A header, whatever it claims. */
export function headerOf({
  version = 1,
  kind = 0,
  reserved = 0,
  idHigh = 0,
  id = 1,
  timeout = 0,
  headBytes = 0,
  bodyBytes = 0,
}): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(version, 0);
  header.writeUInt8(kind, 1);
  header.writeUInt16BE(reserved, 2);
  header.writeUInt32BE(idHigh, 4);
  header.writeUInt32BE(id, 8);
  header.writeUInt32BE(timeout, 12);
  header.writeInt32BE(headBytes | 0, 16); // as stock peers write it, and as an attacker may: negative
  header.writeInt32BE(bodyBytes | 0, 20);
  return header;
}

export function frameOf(
  head: string | Buffer,
  body: string | Buffer = '',
  fields: Parameters<typeof headerOf>[0] = {},
): Buffer {
  const [headPart, bodyPart] = [Buffer.from(head), Buffer.from(body)];
  return Buffer.concat([
    headerOf({ ...fields, headBytes: headPart.length, bodyBytes: bodyPart.length }),
    headPart,
    bodyPart,
  ]);
}

/** Everything that the writer has to hand out, copied. */
export function takeAll(writer: FrameWriter): Buffer {
  const chunks: Buffer[] = [];
  writer.take((bytes) => chunks.push(Buffer.from(bytes)));
  return Buffer.concat(chunks);
}

/** The value's encoding, by way of a frame's body. */
export function encode(codec: Codec, value: unknown): Buffer {
  const writer = new FrameWriter(2 ** 30);
  writer.begin(0, 1, 0, new Uint8Array(0));
  codec.encode(value, writer);
  writer.commit();
  return takeAll(writer).subarray(HEADER_BYTES);
}

/** Decodes from the middle of strange bytes, and overwrites them afterwards: a value must not depend on them. */
export function decode(codec: Codec, encoded: Buffer): unknown {
  const bytes = Buffer.concat([Buffer.alloc(7, 0xff), encoded, Buffer.alloc(9, 0xff)]);
  try {
    return codec.decode(bytes, 7, 7 + encoded.length);
  } finally {
    bytes.fill(0x5a);
  }
}

export function roundTrip(codec: Codec, value: unknown): unknown {
  return decode(codec, encode(codec, value));
}
