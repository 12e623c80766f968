import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSpare } from '../../../lib/protocol/spare-bytes.js';
import { type Creditor, StreamTotal } from '../../../lib/stream/stream-total.js';
import { receiverOf, TEXT, WIDE } from './parts.js';

const done = (value: unknown = undefined) => ({ done: true, value });
const item = (value: string) => ({ done: false, value });

/** Shows whom it knows. */
class JoinedTotal extends StreamTotal {
  readonly joined = new Set<Creditor>();

  override join(creditor: Creditor): void {
    super.join(creditor);
    this.joined.add(creditor);
  }

  override leave(creditor: Creditor): void {
    super.leave(creditor);
    this.joined.delete(creditor);
  }
}

describe('StreamReceiver', () => {
  it('gives the items in order, and then the end with what was returned', async () => {
    const { receiver, arrive } = receiverOf();
    arrive(0, 'a', 'b');
    arrive(2, 'c');
    receiver.end({ returned: 7 }, false);
    assert.deepEqual(
      [await receiver.next(), await receiver.next(), await receiver.next(), await receiver.next()],
      [item('a'), item('b'), item('c'), done(7)],
    );
    assert.deepEqual(await receiver.next(), done());
    assert.equal(receiver.delivered, 3);
  });

  it('gives an item at once to the consumer that waits for it, and serves calls of next in their order', async () => {
    const { receiver, arrive, events } = receiverOf();
    const waiting = [receiver.next(), receiver.next(), receiver.next()];
    arrive(0, 'a', 'b');
    receiver.end({ returned: undefined }, false);
    assert.deepEqual(await Promise.all(waiting), [item('a'), item('b'), done()]);
    assert.deepEqual(events, ['waits', 'waits', 'waits']);
  });

  it('gives an error once, behind the items that have arrived', async () => {
    const { receiver, arrive } = receiverOf();
    arrive(0, 'a');
    receiver.end({ fail: () => new Error('lost') }, false);
    assert.deepEqual(await receiver.next(), item('a'));
    await assert.rejects(receiver.next(), { message: 'lost' });
    assert.deepEqual(await receiver.next(), done());
  });

  it('gives an error of its own end at once, in the place of the items', async () => {
    const { receiver, arrive, total } = receiverOf();
    arrive(0, 'a');
    receiver.end({ fail: () => new Error('cancelled') }, true);
    await assert.rejects(receiver.next(), { message: 'cancelled' });
    assert.equal(total.bytes, 0);
  });

  it('gives credit when half of the items of the window are taken, counted from the beginning', async () => {
    const { receiver, arrive, credits } = receiverOf({ window: { ...WIDE, items: 4 } });
    arrive(0, 'a', 'b', 'c', 'd');
    await receiver.next();
    assert.deepEqual(credits, []);
    await receiver.next();
    assert.deepEqual(credits, [{ items: 2, bytes: 10 }]);
    arrive(4, 'e', 'f');
    for (let i = 0; i < 2; i++) await receiver.next();
    assert.deepEqual(credits.at(-1), { items: 4, bytes: 20 });
  });

  it('gives credit when half of the bytes of the window are taken', async () => {
    const { receiver, arrive, credits } = receiverOf({ window: { ...WIDE, bytes: 30 } });
    arrive(0, 'a', 'b', 'c', 'd');
    for (let i = 0; i < 3; i++) await receiver.next();
    assert.deepEqual(credits, [{ items: 3, bytes: 15 }]);
  });

  it('is known to the streams of the connection alone where it was opened last', () => {
    const refused = new JoinedTotal(100);
    const { receiver } = receiverOf({ total: refused });
    assert.equal(refused.joined.size, 1);
    const total = new JoinedTotal(100);
    receiver.open({ window: WIDE, total });
    assert.deepEqual([refused.joined.size, total.joined.size], [0, 1]);
    receiver.end({ returned: undefined }, false);
    assert.deepEqual([refused.joined.size, total.joined.size], [0, 0]);
  });

  it('gives credit for each item while the streams of the connection have little room, so that no stream stops for good', async () => {
    const total = new StreamTotal(100);
    const [slow, quick] = [receiverOf({ total }), receiverOf({ total })];
    quick.arrive(0, 'a');
    await quick.receiver.next();
    const waiting = quick.receiver.next();
    assert.deepEqual(quick.credits, [], 'with room, half of the window is taken first');
    slow.arrive(0, 'x'.repeat(100));
    assert.deepEqual(quick.credits, [{ items: 1, bytes: 5 }], 'the consumer waits, and the room is used up by another');
    quick.arrive(1, 'b');
    assert.deepEqual(await waiting, { done: false, value: 'b' });
    assert.deepEqual(quick.credits.at(-1), { items: 2, bytes: 10 });
    await slow.receiver.next();
    assert.deepEqual(slow.credits, [{ items: 1, bytes: 104 }]);
    assert.equal(total.bytes, 0);
  });

  it('gives the last credit with the end, so that the producer need not remember the stream', async () => {
    const { receiver, arrive, credits, total } = receiverOf();
    arrive(0, 'a', 'b');
    await receiver.next();
    receiver.end({ returned: undefined }, false);
    assert.deepEqual(credits, []);
    await receiver.next();
    assert.deepEqual(credits, [{ items: 2, bytes: 10 }]);
    assert.equal(total.bytes, 0);
  });

  it('stops once, tells its producer, and ends the calls of next that wait', async () => {
    const { receiver, arrive, events, total } = receiverOf();
    arrive(0, 'a');
    await receiver.next();
    const waiting = receiver.next();
    assert.equal(receiver.stop(), true);
    assert.equal(receiver.stop(), false);
    assert.deepEqual(await waiting, done());
    assert.deepEqual(await receiver.next(), done());
    assert.deepEqual(events, ['waits', 'stop']);
    assert.equal(total.bytes, 0);
  });

  it('tells a producer that has ended that the items left over are not wanted', () => {
    const { receiver, arrive, events, total } = receiverOf();
    arrive(0, 'a');
    receiver.end({ returned: undefined }, false);
    receiver.stop();
    assert.deepEqual(events, ['stop after the end']);
    assert.equal(total.bytes, 0);
  });

  it('takes no items after the end, and no second end', async () => {
    const { receiver, arrive } = receiverOf();
    receiver.end({ returned: 1 }, false);
    receiver.end({ fail: () => new Error('second') }, false);
    assert.equal(arrive(0, 'a'), undefined);
    assert.deepEqual([await receiver.next(), await receiver.next()], [done(1), done()]);
  });

  it('refuses lost, doubled and reordered items', () => {
    const { arrive } = receiverOf();
    arrive(0, 'a', 'b');
    assert.equal(arrive(3, 'd'), 'item 3 arrived in the place of item 2');
    assert.equal(arrive(1, 'b'), 'item 1 arrived in the place of item 2');
    assert.equal(arrive(2, 'c'), undefined);
  });

  it('refuses more items than the window allows', async () => {
    const { receiver, arrive } = receiverOf({ window: { ...WIDE, items: 2 } });
    assert.equal(arrive(0, 'a', 'b', 'c'), 'more items arrived than the window allows');
    arrive(0, 'a', 'b');
    assert.equal(arrive(2, 'c'), 'more items arrived than the window allows');
    await receiver.next();
    assert.equal(arrive(2, 'c'), undefined);
  });

  it('takes one frame beyond the bytes of the window, and no second one', () => {
    const { arrive } = receiverOf({ window: { ...WIDE, bytes: 10 } });
    assert.equal(arrive(0, 'a'), undefined);
    assert.equal(arrive(1, 'x'.repeat(100)), undefined);
    assert.equal(arrive(2, 'b'), 'more items arrived than the window allows');
  });

  it('takes one frame of each stream beyond the bytes of all streams', () => {
    const total = new StreamTotal(8);
    const [first, second] = [receiverOf({ total }), receiverOf({ total })];
    assert.equal(first.arrive(0, 'abcdef'), undefined);
    assert.equal(second.arrive(0, 'abcdef'), undefined);
    assert.equal(second.arrive(1, 'g'), 'more items arrived than the window allows');
  });

  it('refuses a frame whose lengths do not add up, and one without items', () => {
    const { receiver } = receiverOf();
    for (const bytes of [[], [0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1]]) {
      const frame = Buffer.from(bytes);
      assert.equal(receiver.items(frame, 0, frame.length, TEXT), 'a frame of items without a list of them');
    }
  });

  it('uses the memory of items again when they were taken, and not before', async () => {
    const { receiver, arrive } = receiverOf({ window: { ...WIDE, bytes: 10_000_000, total: 10_000_000 } });
    const text = (letter: string): string => letter.repeat(100_000);
    arrive(0, text('a'), text('b'));
    arrive(2, text('c'));
    assert.deepEqual(await receiver.next(), item(text('a')));
    arrive(3, text('d'));
    for (const letter of ['b', 'c', 'd']) assert.deepEqual(await receiver.next(), item(text(letter)));
    arrive(4, text('e'));
    const spare = findSpare(100_012);
    assert.notEqual(spare, undefined, 'the memory of one of the frames that were taken');
    spare?.fill(0);
    assert.deepEqual(await receiver.next(), item(text('e')));
    arrive(5, text('f'));
    receiver.stop();
    assert.notEqual(findSpare(100_004), undefined, 'the memory of the item that nothing wants');
  });

  it('closes at an item that cannot be decoded, with one error', async () => {
    const { receiver, arrive, events } = receiverOf();
    arrive(0, 'a', 'broken', 'c');
    assert.deepEqual(await receiver.next(), item('a'));
    await assert.rejects(receiver.next(), { message: 'undecodable: no such text' });
    assert.deepEqual(await receiver.next(), done());
    assert.deepEqual(events, []);
    assert.equal(receiver.delivered, 1);
  });
});
