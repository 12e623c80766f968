import { listOf } from '../../lib/transport/support.js';
import type { Frame } from '../mutation.js';
import type { Random } from '../random.js';
import { argumentItem, argumentItems, type CodecName, frame, type Kind, NO_BODY, REQUEST, RESPONSE } from './frames.js';

/** Methods of the target that stream in one direction, in both, or not at all. */
const METHODS = [
  'rows',
  'endless',
  'endless',
  'fails',
  'odd',
  'read',
  'read',
  'first',
  'both',
  'both',
  'hold',
  'echo',
] as const;
/** Bytes of a count. */
const COUNT_BYTES = 8;
/** More items than any window that the target announces. */
const MANY_ITEMS = 400;
/** Counts that are far off. */
const ODD_COUNTS = [0n, 1n, 255n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n] as const;

/** The items of one direction of one stream, and what goes wrong with them. */
class ItemFrames {
  readonly #random: Random;
  readonly #codec: CodecName;
  readonly #kind: Kind;
  readonly #id: number;
  #next = 0;

  constructor(random: Random, codec: CodecName, kind: Kind, id: number) {
    this.#random = random;
    this.#codec = codec;
    this.#kind = kind;
    this.#id = id;
  }

  /** Most often the next items, as they should be. */
  one(): Frame {
    const random = this.#random;
    if (!random.oneIn(8)) return this.#items(this.#next, 1 + random.below(3));
    switch (random.below(7)) {
      case 0:
        return this.#items(Math.max(0, this.#next - 1), 1); // once more
      case 1:
        return this.#items(this.#next + 1 + random.below(3), 1); // one is missing
      case 2:
        return this.#items(this.#next, MANY_ITEMS); // without credit
      case 3:
        return this.#frame(Buffer.concat([count(BigInt(this.#next)), listOf(Buffer.alloc(300_000, 0xc0))]));
      case 4:
        return this.#frame(Buffer.concat([count(BigInt(this.#next)), listOf(random.bytes(random.below(20)))]));
      case 5:
        return this.#frame(random.bytes(random.below(30)));
      default:
        return this.#frame(count(random.pick(ODD_COUNTS)));
    }
  }

  #items(first: number, many: number): Frame {
    this.#next = first + many;
    const [random, codec] = [this.#random, this.#codec];
    const list = Array.from({ length: many }, () => argumentItem(random, codec));
    return this.#frame(Buffer.concat([count(BigInt(first)), listOf(...list)]));
  }

  #frame(body: Buffer): Frame {
    return frame(this.#kind, this.#id, { type: 'stream_items' }, body);
  }
}

/** A credit: of what may have been taken, backwards, of more than was sent, or without its counts. */
function credit(random: Random, kind: Kind, id: number): Frame {
  const near = (): bigint => BigInt(random.below(random.pick([3, 12, 300])));
  const counts = random.oneIn(4)
    ? [random.pick(ODD_COUNTS), random.pick(ODD_COUNTS)]
    : [near(), near() * BigInt(random.pick([0, 5, 12]))];
  const body = Buffer.concat(counts.map(count));
  return frame(kind, id, { type: 'stream_credit' }, random.oneIn(8) ? body.subarray(random.below(17)) : body);
}

/** A report of received bytes, true or not. */
function received(random: Random): Frame {
  const bytes = random.oneIn(3) ? random.pick(ODD_COUNTS) : BigInt(random.below(random.pick([10, 1_000, 100_000])));
  const body = random.oneIn(8) ? random.bytes(random.below(12)) : count(bytes);
  return frame(REQUEST, random.oneIn(6) ? random.below(9) : 0, { type: 'stream_received' }, body);
}

/**
 * Frames of a call with streams, as a Follower sends them: some in their order, and others against all rules. `prefix`: text in front
 * of the names of methods.
 */
export function followerStream(random: Random, codec: CodecName, id: number, prefix: string): Frame[] {
  const opening = (): Frame => {
    const { body, count: argLength } = argumentItems(random, codec);
    const streams = random.pick([{ stream: 1 }, { upload: 1 }, { stream: 1, upload: 1 }, { stream: 1, whole: 1 }]);
    const odd = random.oneIn(12) && { stream: random.pick([2, '1', null, true]), upload: random.pick([0, [], 'x']) };
    const method = `${prefix}${random.pick(METHODS)}`;
    const type = random.oneIn(8) ? { type: 'relay', to: random.below(3) } : { type: 'invoke' };
    const head = { ...type, method, argLength, oneway: random.oneIn(12), ...streams, ...odd };
    return { ...frame(REQUEST, id, head, body), timeout: random.pick([1, 200, 2_000]) };
  };
  const items = new ItemFrames(random, codec, REQUEST, id);
  const usual = [() => items.one(), () => credit(random, REQUEST, id)];
  const odd: readonly (() => Frame)[] = [
    () => frame(REQUEST, id, { type: 'stream_end' }),
    () => credit(random, REQUEST, random.below(id + 3)),
    () => received(random),
    () => frame(REQUEST, id, { type: 'cancel' }),
    () =>
      // Ends the connection, and with it what the frames behind could show.
      random.oneIn(5)
        ? frame(RESPONSE, id, { type: random.pick(['stream_stop', 'stream_items', 'stream_credit']) }, random.bytes(16))
        : items.one(),
    () => opening(), // under the same id
  ];
  const frames = [opening()];
  const oddity = random.pick([2, 5, 20]);
  for (let left = random.below(random.pick([3, 8, 20])); left > 0; left--)
    frames.push(random.pick(random.oneIn(oddity) ? odd : usual)());
  return frames;
}

/** Frames that answer a call with streams, as a Leader sends them. */
export function streamAnswer(random: Random, codec: CodecName, id: number): Frame[] {
  const items = new ItemFrames(random, codec, RESPONSE, id);
  const end = (): Frame => {
    const { body, count: results } = argumentItems(random, codec);
    const failure = { success: false, code: random.pick(['ERR_RPC_STOPPING', 'ERR_RPC_ENCODE', 'x']) };
    return random.oneIn(3)
      ? frame(RESPONSE, id, { type: 'invoke_result', ...failure }, argumentItem(random, codec))
      : frame(RESPONSE, id, { type: 'invoke_result', success: true, results }, body);
  };
  const odd: readonly (() => Frame)[] = [
    () => credit(random, RESPONSE, id),
    () => credit(random, RESPONSE, Math.max(0, id - random.below(3))),
    () => frame(RESPONSE, id, { type: 'stream_stop' }),
    () => frame(RESPONSE, Math.max(0, id - random.below(3)), { type: 'stream_items' }, count(0n)),
    () => frame(REQUEST, id, { type: random.pick(['stream_end', 'stream_items', 'stream_received']) }, random.bytes(8)),
  ];
  const frames: Frame[] = [];
  const oddity = random.pick([2, 5, 20]);
  for (let left = random.below(random.pick([4, 12])); left > 0; left--)
    frames.push(random.oneIn(oddity) ? random.pick(odd)() : items.one());
  if (!random.oneIn(4)) frames.push(end());
  // Items after the end, and a second end.
  while (random.oneIn(4)) frames.push(random.oneIn(2) ? end() : items.one());
  return frames;
}

/** The answer to a frame of a stream that a Follower has sent: most often a credit for items. */
export function streamReply(random: Random, id: number, type: unknown): Frame | undefined {
  if (type === 'stream_items')
    return random.oneIn(8) ? frame(RESPONSE, id, { type: 'stream_stop' }) : credit(random, RESPONSE, id);
  if (type !== 'stream_end' || random.oneIn(3)) return undefined;
  return frame(RESPONSE, id, { type: 'invoke_result', success: true, results: 0 }, NO_BODY);
}

function count(value: bigint): Buffer {
  const bytes = Buffer.alloc(COUNT_BYTES);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
