import { packet } from '../lib/transport/support.js';
import type { Random } from './random.js';

/** A frame before its bytes are made. */
export interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly timeout: number;
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const HEADER_BYTES = 24;
const POLLUTION = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
/** Stands for arrays one inside the other, which no stack limits in a text. */
const DEEP = 'many arrays';
const NAMES = [
  ...['__proto__', 'constructor', 'toString', 'type', 'ext', 'auth', 'length', '', 'stream', 'upload', 'whole'],
] as const;
const TYPES = [
  ...['register_channel', 'register_channel_res', 'register_challenge', 'register_proof', 'invoke', 'invoke_result'],
  ...['heartbeat', 'heartbeat_res', 'cancel', 'progress', 'goaway', 'goaway_res', 'subscribe', 'unSubscribe'],
  ...[
    'subscribe_result',
    'subscribe_result_res',
    'close_mailbox',
    'mailbox_state',
    'relay',
    'relay_failure',
    'stream_items',
    'stream_credit',
    'stream_received',
    'stream_end',
    'stream_stop',
    'no_such',
  ],
] as const;
const SIZES = [0, 1, 23, 65_535, 65_536, 65_537, 2 ** 22, 2 ** 22 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] as const;

export function bytesOfFrame({ kind, id, timeout, head, body }: Frame): Buffer {
  return packet(kind, id, timeout, head, body);
}

/** The bytes of the frame with one thing wrong: in its header, head or body, or anywhere. */
export function mutated(random: Random, frame: Frame): Buffer {
  const { kind, id, timeout, head, body } = frame;
  switch (random.below(8)) {
    case 0:
    case 1:
      return packet(kind, id, timeout, oddHead(random, head), body);
    case 2:
      return packet(kind, id, timeout, random.damage(Buffer.from(JSON.stringify(head))).toString('latin1'), body);
    case 3:
      return packet(kind, id, timeout, head, random.damage(body.length > 0 ? body : random.bytes(9)));
    case 4:
      return oddHeader(random, bytesOfFrame(frame));
    case 5:
      return packet(kind, id, timeout, head, Buffer.concat([body, random.bytes(random.below(30))]));
    case 6:
      return Buffer.concat([bytesOfFrame(frame), bytesOfFrame(frame)]);
    default:
      return random.damage(bytesOfFrame(frame));
  }
}

/** The head as text, with some fields of other types, of extreme values, missing, or added. */
function oddHead(random: Random, head: Readonly<Record<string, unknown>>): string {
  const odd = structuredClone(head) as Record<string, unknown>;
  for (let times = 1 + random.below(3); times > 0; times--) {
    let place = odd;
    for (;;) {
      const inner = Object.values(place).filter((value) => typeof value === 'object' && value !== null);
      if (inner.length === 0 || random.oneIn(2)) break;
      place = random.pick(inner) as Record<string, unknown>;
    }
    const keys = Object.keys(place);
    const key = keys.length > 0 && !random.oneIn(6) ? random.pick(keys) : random.pick(NAMES);
    if (key === '__proto__' || (key === 'length' && Array.isArray(place))) continue; // JSON.stringify would not write these
    if (random.oneIn(5)) delete place[key];
    else place[key] = random.oneIn(6) ? random.pick(TYPES) : oddValue(random);
  }
  const depth = random.pick([3, 100, 3_000, 30_000]);
  const text = JSON.stringify(odd).replaceAll(JSON.stringify(DEEP), '['.repeat(depth) + ']'.repeat(depth));
  return random.oneIn(8) && text !== '{}' ? text.replace('{', POLLUTION) : text;
}

function oddValue(random: Random): unknown {
  switch (random.below(7)) {
    case 0:
      return random.pick([null, true, false, '', [], {}]);
    case 1:
      return random.pick([0, -1, 1, 1.5, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -1e308, 5e-324]);
    case 2:
      return random.pick(['\0', '\ud800', 'é漢😀', 'a\nb', '../../etc', 'user.service.echo', '*']);
    case 3:
      return 'x'.repeat(random.pick([33, 129, 1_025, 9_000, 70_000]));
    case 4:
      return DEEP;
    case 5:
      return Array.from({ length: random.pick([1, 17, 65, 4_097]) }, (_, at) => (random.oneIn(3) ? `${at}` : at));
    default:
      return { [random.pick(['polluted', 'then', 'toJSON', 'length', '0'])]: random.below(2 ** 32) };
  }
}

/** Another version, kind, id, timeout or length in the header of the packet. */
function oddHeader(random: Random, bytes: Buffer): Buffer {
  const odd = Buffer.from(bytes);
  switch (random.below(5)) {
    case 0:
      odd.writeUInt16BE(random.below(2 ** 16), 0);
      break;
    case 1:
      odd.writeUInt32BE(random.pick([0, 1, 2 ** 31, 2 ** 32 - 1]), random.pick([4, 8]));
      break;
    case 2:
      odd.writeUInt32BE(random.pick([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]), 12);
      break;
    case 3:
      odd.writeUInt32BE(random.pick(SIZES), 16);
      break;
    default:
      odd.writeUInt32BE(random.pick(SIZES), 20);
  }
  return random.oneIn(3) ? odd.subarray(0, random.below(HEADER_BYTES)) : odd;
}
