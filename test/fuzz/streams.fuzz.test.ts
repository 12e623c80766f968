import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { SenderTurns } from '../../lib/stream/sender-turns.js';
import { StreamTotal } from '../../lib/stream/stream-total.js';
import { frameOf, receiverOf, senderOf, settle, TEXT } from '../lib/stream/parts.js';
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

describe(`streams and ends that break their rules, with FUZZ_SEED=${SEED}`, () => {
  fuzz(
    'a consumer takes what is right, in order and within its window, and holds nothing afterwards',
    3_000,
    hostileProducer,
  );
  fuzz('a producer refuses wrong credits, stays within the window, and ends its source once', 300, hostileConsumer);
});
