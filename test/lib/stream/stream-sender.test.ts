import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { SenderTurns } from '../../../lib/stream/sender-turns.js';
import { StreamTotal } from '../../../lib/stream/stream-total.js';
import { senderOf, settle, WIDE } from './parts.js';

/** Yields texts, and notes how it ends. */
async function* texts(log: string[], ...values: unknown[]): AsyncGenerator<unknown, string> {
  try {
    for (const value of values) {
      log.push(`asked ${value}`);
      yield value;
    }
    return 'end';
  } finally {
    log.push('finally');
  }
}

const credit = (items: number) => ({ items, bytes: items * 5 });

/** A source that gives 'a' at once, and each further text when the test says so. */
function deferredText() {
  const given: string[] = [];
  let wake: (() => void) | undefined;
  return {
    give: (text: string) => {
      given.push(text);
      wake?.();
    },
    async *items() {
      yield 'a';
      for (;;) {
        while (given.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        yield given.shift();
      }
    },
  };
}

describe('StreamSender', () => {
  it('writes each item once, in order, and then reports the end', async () => {
    const log: string[] = [];
    const { sender, events } = senderOf(texts(log, 'a', 'b'));
    sender.start();
    await settle();
    assert.deepEqual(events, ['0:a', '1:b', 'done end']);
    assert.equal(sender.state, 'over');
    assert.equal(sender.items.areTaken, false);
    assert.equal(sender.credit(credit(2)), undefined);
    assert.equal(sender.items.areTaken, true);
  });

  it('asks the source for no more than the credit allows', async () => {
    const log: string[] = [];
    const { sender, events } = senderOf(texts(log, 'a', 'b', 'c', 'd'), { window: { ...WIDE, items: 2 } });
    sender.start();
    await settle();
    assert.deepEqual(
      [log, events],
      [
        ['asked a', 'asked b'],
        ['0:a', '1:b'],
      ],
    );
    sender.credit(credit(1));
    await settle();
    assert.deepEqual(log, ['asked a', 'asked b', 'asked c']);
  });

  it('goes one item beyond the bytes of the window, and waits for credit then', async () => {
    const log: string[] = [];
    const { sender, events } = senderOf(texts(log, 'a', 'long text', 'c'), { window: { ...WIDE, bytes: 6 } });
    sender.start();
    await settle();
    assert.deepEqual(events, ['0:a', '1:long text']);
    sender.credit({ items: 1, bytes: 5 });
    await settle();
    assert.deepEqual(log, ['asked a', 'asked long text']);
    sender.credit({ items: 2, bytes: 18 });
    await settle();
    assert.deepEqual(events, ['0:a', '1:long text', '2:c', 'done end']);
  });

  it('waits while all streams of the connection have sent too much, and goes on in the order of waiting', async () => {
    const total = new StreamTotal(6);
    const [first, second, third] = [0, 1, 2].map(() => senderOf(texts([], 'a', 'b'), { total }));
    for (const each of [first, second, third]) each?.sender.start();
    await settle();
    // Each stream may have one item outstanding, whatever the others have. The first was asked for its second item in time, and the
    // others had used the room when the item was there.
    assert.deepEqual(
      [first, second, third].map((each) => each?.events.length),
      [1, 1, 1],
    );
    third?.sender.credit(credit(1));
    await settle();
    assert.deepEqual(third?.events, ['0:a', '1:b']);
    assert.deepEqual(second?.events, ['0:a']);
    third?.sender.credit(credit(2));
    await settle();
    assert.equal(third?.events.at(-1), 'done end');
    first?.sender.forget();
    await settle();
    assert.deepEqual(second?.events, ['0:a', '1:b']);
  });

  it('holds an item back that others have taken the room of while the source was asked', async () => {
    const total = new StreamTotal(10);
    const gates = [deferredText(), deferredText()];
    const [first, second] = gates.map(({ items }) => senderOf(items(), { total }));
    for (const each of [first, second]) each?.sender.start();
    await settle();
    assert.equal(total.bytes, 10, 'one item of each');
    for (const each of [first, second]) each?.sender.credit(credit(1));
    for (const { give } of gates) give('x'.repeat(6));
    await settle();
    for (const { give } of gates) give('y');
    await settle();
    const sent = () => [first, second].map((each) => each?.events.length);
    assert.deepEqual(sent(), [2, 2]);
    assert.equal(total.bytes, 20);
    first?.sender.credit({ items: 2, bytes: 15 });
    await settle();
    assert.deepEqual(sent(), [3, 2], 'the first has nothing outstanding');
    second?.sender.credit({ items: 2, bytes: 15 });
    await settle();
    assert.deepEqual(sent(), [3, 3]);
    second?.sender.stop();
    await settle();
    assert.equal(second?.sender.state, 'over');
  });

  it('refuses credits that go backwards, and credits for items that were not sent', async () => {
    const { sender } = senderOf(texts([], 'a', 'b', 'c'));
    sender.start();
    await settle();
    assert.equal(sender.credit(credit(2)), undefined);
    assert.equal(sender.credit(credit(1)), 'the credit of a stream went backwards');
    assert.equal(sender.credit({ items: 2, bytes: 9 }), 'the credit of a stream went backwards');
    assert.equal(sender.credit(credit(4)), 'the credit of a stream exceeds what was sent');
    assert.equal(sender.credit({ items: 3, bytes: 16 }), 'the credit of a stream exceeds what was sent');
    assert.equal(sender.credit(credit(2)), undefined);
  });

  it('stops the source once, runs its finally, and reports when the source has ended', async () => {
    const log: string[] = [];
    const { sender, events } = senderOf(texts(log, 'a', 'b'), { window: { ...WIDE, items: 1 } });
    sender.start();
    await settle();
    sender.stop();
    sender.stop();
    assert.equal(sender.state, 'closing');
    await settle();
    assert.deepEqual(log, ['asked a', 'finally']);
    assert.deepEqual(events, ['0:a', 'stopped']);
  });

  it('does not wait for a source that hangs, and reports nothing more of it', async () => {
    const hangs = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const { sender, events } = senderOf(hangs);
    sender.start();
    await settle();
    sender.stop();
    await settle();
    assert.deepEqual(events, ['stopped']);
  });

  it('reports a source that fails, also one that cannot be opened', async () => {
    const failing = async function* () {
      yield 'a';
      throw new Error('between');
    };
    const { sender, events } = senderOf(failing());
    sender.start();
    await settle();
    assert.deepEqual(events, ['0:a', 'failed between']);
    const broken = senderOf({
      [Symbol.asyncIterator]: () => {
        throw new Error('no iterator');
      },
    });
    broken.sender.start();
    await settle();
    assert.deepEqual(broken.events, ['failed no iterator']);
  });

  it('ends the source at an item that cannot be sent', async () => {
    const log: string[] = [];
    const { sender, events } = senderOf(texts(log, 'a', 5, 'c'));
    sender.start();
    await settle();
    assert.deepEqual(events, ['0:a', 'unsendable not a text']);
    assert.deepEqual(log, ['asked a', 'asked 5', 'finally']);
  });

  it('reports a clean-up that fails', async () => {
    const failing = async function* () {
      try {
        yield 'a';
      } finally {
        await Promise.reject(new Error('clean-up'));
      }
    };
    const { sender, events } = senderOf(failing(), { window: { ...WIDE, items: 1 } });
    sender.start();
    await settle();
    sender.stop();
    await settle();
    assert.deepEqual(events, ['0:a', 'stopped clean-up']);
  });

  it('writes one item of each stream in turn, while the connection has room', async () => {
    const room = { hasRoom: true };
    const order: string[] = [];
    const turns = new SenderTurns(room);
    const senders = ['x', 'y'].map((name) => {
      const made = senderOf(texts([], `${name}1`, `${name}2`), { turns });
      return { ...made, name };
    });
    for (const { sender } of senders) sender.start();
    await settle();
    for (const { events } of senders) order.push(...events);
    assert.deepEqual(order, ['0:x1', '1:x2', 'done end', '0:y1', '1:y2', 'done end']);
  });

  it('holds one item back while the connection has no room', async () => {
    const room = { hasRoom: false };
    const log: string[] = [];
    const turns = new SenderTurns(room);
    const { sender, events } = senderOf(texts(log, 'a', 'b'), { turns });
    sender.start();
    await settle();
    assert.deepEqual([log, events], [['asked a'], []]);
    room.hasRoom = true;
    turns.resume();
    await settle();
    assert.deepEqual(events, ['0:a', '1:b', 'done end']);
  });

  it('takes generators, and ends one whose promise rejects', async () => {
    const log: string[] = [];
    const values = function* () {
      try {
        yield 'a';
        yield Promise.resolve('b');
        yield Promise.reject(new Error('c'));
      } finally {
        log.push('finally');
      }
    };
    const { sender, events } = senderOf(values());
    sender.start();
    await settle();
    assert.deepEqual(events, ['0:a', '1:b', 'failed c']);
    assert.deepEqual(log, ['finally']);
  });

  it('takes web streams, and cancels one that is stopped', async () => {
    let cancelled = false;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue('a'),
      cancel: () => {
        cancelled = true;
      },
    });
    const { sender, events } = senderOf(stream, { window: { ...WIDE, items: 2 } });
    sender.start();
    await settle();
    sender.stop();
    await settle();
    assert.deepEqual(events, ['0:a', '1:a', 'stopped']);
    assert.equal(cancelled, true);
  });

  it('runs every step of the source in the given context', async () => {
    const steps: string[] = [];
    const store = new AsyncLocalStorage<string>();
    const run = <T>(work: () => T): T => store.run('inside', work);
    const values = async function* () {
      try {
        steps.push(`first ${store.getStore()}`);
        yield 'a';
        steps.push(`second ${store.getStore()}`);
        yield 'b';
      } finally {
        steps.push(`finally ${store.getStore()}`);
      }
    };
    const { sender } = senderOf(values(), { window: { ...WIDE, items: 2 }, run });
    sender.start();
    await settle();
    sender.stop();
    await settle();
    assert.deepEqual(steps, ['first inside', 'second inside', 'finally inside']);
  });
});
