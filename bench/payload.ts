/** The values that are sent, by the name used on the command line. */
export const PAYLOADS = {
  small: 'small object',
  '10k': '10 KiB ASCII string',
  cjk: '10 KiB string of CJK characters',
  buffer: '256 B of bytes',
  mib: '1 MiB of bytes',
} as const;

export type PayloadName = keyof typeof PAYLOADS;

export interface Payload {
  /** No two calls in flight at once send equal values, so that an answer to the wrong call is seen. */
  make(caller: number): unknown;
  /** Whether all of it came back. Same check, same cost, for every peer. */
  matches(sent: unknown, reply: unknown): boolean;
}

export function createPayload(name: PayloadName): Payload {
  switch (name) {
    case 'small':
      return createSmallObjects();
    case '10k':
      return createOnce(asciiString, (sent, reply) => sent === reply);
    case 'cjk':
      return createOnce(cjkString, (sent, reply) => sent === reply);
    case 'buffer':
      return createOnce((caller) => bytesOf(BUFFER_BYTES, caller), isSameBytes);
    case 'mib':
      return createOnce((caller) => bytesOf(MIB_BYTES, caller), isSameBytes);
  }
}

/** Texts or bytes of one size, each of them with the number of the caller at the beginning. */
export function createSized(form: 'text' | 'bytes', size: number): Payload {
  const make = (caller: number): Buffer => Buffer.alloc(size, `${caller} says that the quick brown fox jumps. `);
  return form === 'bytes'
    ? createOnce(make, isSameBytes)
    : createOnce(
        (caller) => make(caller).toString('latin1'),
        (sent, reply) => sent === reply,
      );
}

interface SmallObject {
  readonly id: number;
  readonly name: string;
  readonly level: number;
  readonly online: boolean;
}

/** About 60 bytes as JSON. */
function createSmallObjects(): Payload {
  let lastId = 0;
  return {
    make: (caller): SmallObject => ({ id: ++lastId, name: 'Ada Lovelace', level: caller, online: true }),
    matches: (sent, reply) => isSameObject(sent as SmallObject, reply as Partial<SmallObject> | null | undefined),
  };
}

function isSameObject(sent: SmallObject, reply: Partial<SmallObject> | null | undefined): boolean {
  return (
    reply?.id === sent.id && reply.name === sent.name && reply.level === sent.level && reply.online === sent.online
  );
}

const LONG_STRING_BYTES = 10 * 1024;
const BUFFER_BYTES = 256;
const MIB_BYTES = 1024 * 1024;

/** One value for each caller, made once: making it for each call would be measured with it. */
function createOnce<Value>(
  make: (caller: number) => Value,
  matches: (sent: Value, reply: unknown) => boolean,
): Payload {
  const byCaller: Value[] = [];
  return {
    make: (caller) => (byCaller[caller] ??= make(caller)),
    matches: (sent, reply) => matches(sent as Value, reply),
  };
}

/** Words without a character that JSON escapes; flat in memory, as a string that came from a socket or a file is. */
function asciiString(caller: number): string {
  const words = `caller ${caller} says that the quick brown fox jumps over the lazy dog, `;
  return Buffer.alloc(LONG_STRING_BYTES, words, 'latin1').toString('latin1');
}

/** Characters of three bytes each, and the caller's number at the end. */
function cjkString(caller: number): string {
  const end = `，第 ${caller} 位`;
  const text = '敏捷的棕色狐狸跳过了懒狗';
  const room = Math.floor((LONG_STRING_BYTES - Buffer.byteLength(end)) / 3);
  return Buffer.from(text.repeat(Math.ceil(room / text.length)).slice(0, room) + end).toString();
}

function bytesOf(length: number, caller: number): Buffer {
  return Buffer.alloc(length, `bytes of caller ${caller}, `);
}

function isSameBytes(sent: Buffer, reply: unknown): boolean {
  return reply instanceof Uint8Array && sent.equals(reply);
}
