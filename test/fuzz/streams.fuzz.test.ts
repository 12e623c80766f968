import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { ByteSink } from '../../lib/protocol/frame-writer.js';
import { RESPONSE } from '../../lib/protocol/packet.js';
import { NO_BYTES, type RawBytes } from '../../lib/raw-bytes.js';
import { ItemFrames } from '../../lib/stream/item-frames.js';
import { SenderTurns } from '../../lib/stream/sender-turns.js';
import { StreamReceiver } from '../../lib/stream/stream-receiver.js';
import { StreamSender } from '../../lib/stream/stream-sender.js';
import { type StreamSource, streamSource } from '../../lib/stream/stream-source.js';
import { StreamTotal } from '../../lib/stream/stream-total.js';
import { frameOf, itemConnection, receiverOf, senderOf, settle, TEXT } from '../lib/stream/parts.js';
import type { Random } from './random.js';
import { fuzz, SEED } from './seeds.js';

const LENGTH_BYTES = 4;

function windowOf(random: Random) {
  const items = 1 + random.below(random.pick([2, 8, 300]));
  return { items, bytes: 1 + random.below(random.pick([10, 200, 5_000])), total: 1 + random.below(8_000) };
}

/** A count that is near the right one, or far off. */
function near(random: Random, right: number): number {
  return random.oneIn(4) ? random.pick([0, 1, 2 ** 32, 2 ** 53]) : Math.max(0, right + random.below(5) - 2);
}

/** A producer that keeps to the rules for a while, and then breaks them in some way. */
async function hostileProducer(random: Random): Promise<void> {
  const window = windowOf(random);
  const total = new StreamTotal(window.total);
  const { receiver, credits } = receiverOf({ window, total });
  const sent: string[] = [];
  const read: Promise<unknown>[] = [];
  let isBroken = false;
  const send = (first: number, items: readonly string[], damage: boolean): void => {
    const frame = frameOf(first, ...items);
    const bytes = damage ? random.damage(frame as Buffer) : frame;
    const wrong = receiver.items(bytes, 0, bytes.length, TEXT);
    if (wrong === undefined && receiver.state === 'open' && !damage) sent.push(...items);
    isBroken ||= wrong !== undefined || damage;
  };
  for (let steps = random.below(60); steps > 0 && !isBroken; steps--) {
    const items = Array.from({ length: random.below(4) }, (_, at) => `${sent.length + at}`.repeat(1 + random.below(9)));
    if (random.oneIn(3)) read.push(receiver.next());
    else if (random.oneIn(12)) send(near(random, sent.length), items, false);
    else if (random.oneIn(20)) send(sent.length, items, true);
    else if (items.length > 0) send(sent.length, items, false);
    const outstanding = sent.length - (credits.at(-1)?.items ?? 0);
    assert.ok(outstanding <= window.items, `${outstanding} items, of ${window.items}`);
    assert.ok(total.bytes >= 0);
  }
  if (random.oneIn(2)) receiver.stop();
  else receiver.end(random.oneIn(2) ? { returned: 1 } : { fail: () => new Error('over') }, random.oneIn(2));
  if (random.oneIn(3)) receiver.end({ returned: 2 }, random.oneIn(2)); // a second end
  // What is left is read, and then nothing counts any more.
  for (let reads = 0; receiver.state !== 'closed' && reads < 10_000; reads++) read.push(receiver.next());
  const results = await Promise.allSettled(read);
  assert.equal(receiver.state, 'closed');
  assert.equal(total.bytes, 0);
  if (isBroken) return;
  const values = results.flatMap((result) =>
    result.status === 'fulfilled' && !(result.value as { done: boolean }).done
      ? [(result.value as { value: string }).value]
      : [],
  );
  assert.deepEqual(values, sent.slice(0, values.length));
  assert.equal(receiver.delivered, values.length);
}

/** A consumer that gives credit as the rules say, and then lies. */
async function hostileConsumer(random: Random): Promise<void> {
  const window = windowOf(random);
  const total = new StreamTotal(window.total);
  const room = { hasRoom: true };
  let asked = 0;
  let ended = 0;
  const source = (async function* () {
    try {
      while (asked < 400) {
        asked += 1;
        if (random.oneIn(200)) throw new Error('no more');
        yield random.oneIn(200) ? Symbol('odd') : 'x'.repeat(random.below(20));
      }
    } finally {
      ended += 1;
    }
  })();
  const { sender, events } = senderOf(source, { window, total, turns: new SenderTurns(room) });
  const written = (): readonly string[] => events.filter((event) => /^\d+:/.test(event));
  const bytesOf = (items: number): number =>
    written()
      .slice(0, items)
      .reduce((sum, event) => sum + event.length - event.indexOf(':') - 1 + LENGTH_BYTES, 0);
  sender.start();
  let taken = { items: 0, bytes: 0 };
  for (let steps = random.below(30); steps > 0; steps--) {
    await settle(1);
    const items = Math.min(sender.sent, taken.items + random.below(window.items + 1));
    const credit = random.oneIn(6)
      ? { items: near(random, items), bytes: near(random, bytesOf(items)) }
      : { items, bytes: bytesOf(items) };
    const isRight =
      credit.items >= taken.items &&
      credit.bytes >= taken.bytes &&
      credit.items <= sender.sent &&
      credit.bytes <= bytesOf(sender.sent);
    assert.equal(sender.credit(credit) === undefined, isRight, JSON.stringify({ credit, taken, sent: sender.sent }));
    if (!isRight) break;
    taken = credit;
    assert.ok(sender.sent - taken.items <= window.items, `${sender.sent - taken.items} items, of ${window.items}`);
    assert.ok(asked <= sender.sent + 1, 'the source is asked for one item at a time');
    assert.equal(total.bytes, bytesOf(sender.sent) - taken.bytes);
  }
  sender.stop();
  sender.forget();
  await settle();
  assert.equal(sender.state, 'over');
  assert.equal(total.bytes, 0);
  assert.ok(ended === 1 || (asked === 0 && ended === 0), `ended ${ended} times`);
  const ends = events.length - written().length;
  assert.equal(ends, 1, events.slice(-3).join());
}

/** Writes texts as they are, for {@link TEXT}. */
const WRITE_TEXT = { name: 'text', encode: (item: unknown, out: ByteSink) => out.appendUtf8(item as string), ...TEXT };

/** Producers and consumers of one connection that keep to the rules, with frames of one item and of several. */
async function goodEnds(random: Random): Promise<void> {
  // Streams run out of the room that they have together more often than out of their own.
  const window = {
    items: 1 + random.below(random.pick([4, 300, 300])),
    bytes: 10_000,
    total: 1 + random.below(random.pick([50, 10_000, 10_000])),
  };
  const arriving: { id: number; body: RawBytes }[] = [];
  const crediting: (() => string | undefined)[] = [];
  const frames = new ItemFrames(
    itemConnection(({ id, bytes, bodyStart, end }) =>
      arriving.push({ id, body: Buffer.from(bytes.subarray(bodyStart, end)) }),
    ),
    RESPONSE,
  );
  const [ahead, kept] = [new StreamTotal(window.total), new StreamTotal(window.total)];
  const turns = new SenderTurns({ hasRoom: true });
  const streams = Array.from({ length: 1 + random.below(5) }, (_, id) => {
    const size = random.pick([9, 90, 900, 900, 3_000]);
    const items = Array.from({ length: random.below(100) }, () => 'x'.repeat(random.below(size)));
    const way = frames.open(id, WRITE_TEXT);
    const source = streamSource(
      (async function* () {
        yield* items;
      })(),
      (step) => step(),
    ) as StreamSource;
    const receiver: StreamReceiver = new StreamReceiver({
      onTaken: (credit) => crediting.push(() => sender.credit(credit)),
      onStopped: () => {},
      onWaits: () => {},
      onUndecodable: (error) => error as Error,
    });
    const end = (): void => {
      way.flush();
      arriving.push({ id, body: NO_BYTES });
    };
    const sender = new StreamSender(
      source,
      { window, total: ahead, turns },
      {
        write: (sequence, item) => way.write(sequence, item),
        onFull: () => frames.flush(way),
        onDone: end,
        onFailed: assert.ifError,
        onUnsendable: assert.ifError,
        onStopped: assert.ifError,
      },
    );
    receiver.open({ window, total: kept });
    sender.start();
    return { items, receiver, read: [] as Promise<IteratorResult<unknown>>[] };
  });
  const isOver = (): boolean => streams.every(({ receiver }) => receiver.state === 'closed');
  for (let steps = 0; !isOver() && steps < 20_000; steps++) {
    if (random.oneIn(2)) await settle(1);
    for (const { id, body } of arriving.splice(0, random.below(4))) {
      const { receiver } = streams[id] as (typeof streams)[number];
      if (body.length === 0) receiver.end({ returned: undefined }, false);
      else assert.equal(receiver.items(body, 0, body.length, TEXT), undefined);
    }
    for (const credit of crediting.splice(0, random.below(4))) assert.equal(credit(), undefined);
    const stream = random.pick(streams);
    // One is read slowly, so that the others use up the room that they have together.
    const isRead = stream !== streams[0] || random.oneIn(10);
    for (let reads = isRead ? random.below(20) : 0; reads > 0; reads--)
      if (stream.receiver.state !== 'closed') stream.read.push(stream.receiver.next());
  }
  assert.ok(isOver(), 'every stream ends');
  for (const { items, read } of streams) {
    const results = await Promise.all(read);
    const values = results.flatMap(({ done, value }) => (done === true ? [] : [value]));
    assert.deepEqual(values, items);
  }
  assert.equal(kept.bytes, 0);
}

describe(`streams and ends that break their rules, with FUZZ_SEED=${SEED}`, () => {
  fuzz(
    'a consumer takes what is right, in order and within its window, and holds nothing afterwards',
    3_000,
    hostileProducer,
  );
  fuzz('producers and consumers that keep to the rules agree on them, and each item arrives once', 200, goodEnds);
  fuzz('a producer refuses wrong credits, stays within the window, and ends its source once', 300, hostileConsumer);
});
