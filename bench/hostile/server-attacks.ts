import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack } from './attacks.js';
import { frame } from './raw-peer.js';

const HEADER_BYTES = 24;

interface Request {
  readonly id: number;
  readonly head: { readonly type?: string; readonly key?: string };
}

/** Reads the requests that a client sends to a hostile server. */
function onRequests(socket: Socket, onRequest: (request: Request) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(16);
      const whole = end + rest.readUInt32BE(20);
      if (rest.length < whole) return;
      const head = end === HEADER_BYTES ? {} : JSON.parse(rest.toString('utf8', HEADER_BYTES, end));
      if (rest.readUInt8(1) === 0) onRequest({ id: rest.readUInt32BE(8), head });
      rest = rest.subarray(whole);
    }
  });
}

/** Writes frames as fast as the client reads. */
async function flood(socket: Socket, make: (index: number) => Buffer, count: number, signal: AbortSignal) {
  for (let from = 0; from < count && !signal.aborted && socket.writable; from += 1) {
    if (!socket.write(make(from))) await delay(1);
    else if (from % 500 === 499) await delay(1);
  }
}

/** Each call of the client is answered with `make`. */
function answersCalls(name: string, answer: (socket: Socket, id: number, signal: AbortSignal) => unknown): Attack {
  return {
    name,
    role: 'client',
    answer: (socket, signal) =>
      onRequests(socket, ({ id, head }) => head.type === 'invoke' && void answer(socket, id, signal)),
  };
}

/** A hostile Leader floods a Follower that has subscribed to one key. */
function pushes(name: string, make: (key: string, index: number) => Buffer, count = 50_000): Attack {
  return {
    name,
    role: 'follower',
    answer: (socket, signal) =>
      onRequests(socket, ({ id, head }) => {
        if (head.type !== 'subscribe') return;
        socket.write(frame({ head: {}, kind: 1, id }));
        void flood(socket, (index) => make(String(head.key), index), count, signal);
      }),
  };
}

function failed(id: number, body: Buffer): Buffer {
  return frame({ head: { type: 'invoke_result', success: false }, body, kind: 1, id });
}

function item(json: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

function answered(id: number, json: Buffer): Buffer {
  return frame({ head: { type: 'invoke_result', success: true, results: 1 }, body: item(json), kind: 1, id });
}

function value(key: string, index: number, json: Buffer): Buffer {
  return frame({ head: { type: 'subscribe_result', key }, body: json, id: index + 1 });
}

const LONG = Buffer.from(JSON.stringify({ name: 'Error', message: 'x'.repeat(3.5e6) }));
const FIELDS = Buffer.from(
  JSON.stringify({ message: 'x', ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, i])) }),
);
/** Values that are legal, and cost more to read than their bytes. */
export const WIDE = Buffer.from(JSON.stringify(Array.from({ length: 300_000 }, () => ({}))));
export const DEEP = Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
export const REPEATED = Buffer.from(`{${Array.from({ length: 200_000 }, () => '"a":1').join(',')}}`);
export const NAMES = Buffer.from(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}}`);
const KILOBYTES = Buffer.from(JSON.stringify('x'.repeat(64 * 1024)));
const MEGABYTE = Buffer.from(JSON.stringify('x'.repeat(2 ** 20)));

export const SERVER_ATTACKS: readonly Attack[] = [
  answersCalls('long error messages', (socket, id) => socket.write(failed(id, LONG))),
  answersCalls('errors of 50,000 fields', (socket, id) => socket.write(failed(id, FIELDS))),
  answersCalls('wide answers', (socket, id) => socket.write(answered(id, WIDE))),
  answersCalls('deep answers', (socket, id) => socket.write(answered(id, DEEP))),
  answersCalls('keys repeated', (socket, id) => socket.write(answered(id, REPEATED))),
  answersCalls('dripped answers', async (socket, id, signal) => {
    for (const byte of answered(id, KILOBYTES)) {
      if (signal.aborted || !socket.writable) return;
      socket.write(Buffer.of(byte));
      await delay(1);
    }
  }),
  answersCalls('each answer a hundred times', (socket, id) => {
    for (let i = 0; i < 100; i++) socket.write(answered(id, KILOBYTES));
  }),
  { name: '100 clients, hangs up', role: 'clients', answer: (socket) => socket.destroy() },
  {
    name: '100 clients, goaways',
    role: 'clients',
    answer: (socket) => socket.write(frame({ head: { type: 'goaway' }, id: 1 })),
  },
  pushes('values of 64 KiB', (key, index) => value(key, index, KILOBYTES)),
  pushes('values of 1 MB', (key, index) => value(key, index, MEGABYTE), 5_000),
  pushes('small values', (key, index) => value(key, index, Buffer.from('1')), 400_000),
  pushes('values of other keys', (_, index) => value(`other-${index}`, index, Buffer.from('1')), 400_000),
  pushes('values that are no JSON', (key, index) => value(key, index, Buffer.from('{')), 400_000),
  pushes('wide values', (key, index) => value(key, index, WIDE), 500),
  pushes('goaways to a Follower', (_, index) => frame({ head: { type: 'goaway' }, id: index + 1 }), 400_000),
  pushes('calls to a Follower', (_, index) =>
    frame({ head: { type: 'invoke', method: 'get', argLength: 0, oneway: false }, id: index + 1 }),
  ),
];

/** Rosters of a program, which no peer sends: a file of servers can be as long. */
export const ROSTER_ATTACKS: readonly Attack[] = [
  { name: '10,000 servers', role: 'roster' },
  { name: '50,000 duplicates', role: 'roster' },
];
