/** The values that are sent, by the name used on the command line. */
export const PAYLOADS = {
  small: 'small object',
  '10k': '10 KiB ASCII string',
} as const;

export type PayloadName = keyof typeof PAYLOADS;

export interface Payload {
  /** No two calls in flight at once send equal values, so that an answer to the wrong call is seen. */
  make(caller: number): unknown;
  /** Whether all of it came back. Same check, same cost, for every peer. */
  matches(sent: unknown, reply: unknown): boolean;
}

export function createPayload(name: PayloadName): Payload {
  return name === 'small' ? createSmallObjects() : createLongStrings();
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

const LONG_STRING_LENGTH = 10 * 1024;

/** One string for each caller, made once: building 10 KiB for each call would be measured with it. */
function createLongStrings(): Payload {
  const byCaller: string[] = [];
  return {
    make: (caller) => (byCaller[caller] ??= longString(caller)),
    matches: (sent, reply) => sent === reply,
  };
}

/** Words without a character that JSON escapes; flat in memory, as a string that came from a socket or a file is. */
function longString(caller: number): string {
  const words = `caller ${caller} says that the quick brown fox jumps over the lazy dog, `;
  return Buffer.alloc(LONG_STRING_LENGTH, words, 'latin1').toString('latin1');
}
