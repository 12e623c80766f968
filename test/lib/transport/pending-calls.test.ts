import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { eventLoop } from '../../../lib/event-loop.js';
import { MAX_REQUEST_ID } from '../../../lib/protocol/packet.js';
import { PendingCalls, type SentRequest } from '../../../lib/transport/pending-calls.js';
import { mockClock, tick } from './support.js';

/** What became of a request: `answered`, `expired`, or how far it got when it was lost. */
class FakeRequest implements SentRequest {
  readonly ends: string[] = [];
  readonly deadline: number;
  frameNumber: number;
  readonly sentAt = undefined;

  constructor(deadline = Number.POSITIVE_INFINITY, frameNumber = 0) {
    this.deadline = deadline;
    this.frameNumber = frameNumber;
  }

  answered(): void {
    this.ends.push('answered');
  }

  lost(_reason: RpcError, delivery: string): void {
    this.ends.push(delivery);
  }

  expire(): void {
    this.ends.push('expired');
  }
}

const gone = new RpcError(RpcCode.ConnectionLost, 'gone');

describe('PendingCalls', () => {
  it('gives ids from 1 up, and each entry back once', () => {
    const pending = new PendingCalls();
    const [a, b] = [new FakeRequest(), new FakeRequest()];
    assert.deepEqual([pending.add(a), pending.add(b)], [1, 2]);
    assert.equal(pending.size, 2);
    assert.equal(pending.take(2), b);
    assert.equal(pending.take(2), undefined, 'a second answer');
    assert.equal(pending.take(99), undefined, 'an answer to nothing');
    assert.equal(pending.size, 1);
  });

  it('expires an entry when its deadline passes, and refuses the answer that comes late', (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    const request = new FakeRequest(clock.now + 50);
    const id = pending.add(request);
    clock.advance(49);
    assert.deepEqual(request.ends, []);
    clock.advance(1);
    assert.deepEqual(request.ends, ['expired']);
    assert.equal(pending.size, 0);
    assert.equal(pending.take(id), undefined);
  });

  it('expires only what is due', (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    const requests = [30, 10, 20].map((ms) => new FakeRequest(clock.now + ms));
    for (const request of requests) pending.add(request);
    clock.advance(20);
    assert.deepEqual(
      requests.map(({ ends }) => ends),
      [[], ['expired'], ['expired']],
    );
    clock.advance(20);
    assert.equal(pending.size, 0);
  });

  it('takes an entry off before it expires it, so that what that does never meets it', (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    const sizes: number[] = [];
    const request = new FakeRequest(clock.now + 10);
    request.expire = () => sizes.push(pending.size);
    pending.add(request);
    clock.advance(10);
    assert.deepEqual(sizes, [0]);
  });

  it('tells every entry, in the order of sending, that its connection is lost, and how far it got', () => {
    const pending = new PendingCalls();
    const order: number[] = [];
    const requests = [1, 2, 3, 4].map((frame) => {
      const request = new FakeRequest(undefined, frame);
      const { lost } = request;
      request.lost = (reason, delivery) => {
        order.push(frame);
        lost.call(request, reason, delivery);
      };
      pending.add(request);
      return request;
    });
    pending.loseAll(gone, 2);
    assert.deepEqual(order, [1, 2, 3, 4]);
    assert.deepEqual(
      requests.map(({ ends }) => ends[0]),
      ['unknown', 'unknown', 'not-sent', 'not-sent'],
    );
    assert.equal(pending.size, 0);
  });

  it('loses nobody twice, and expires nobody who was lost', (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    const request = new FakeRequest(clock.now + 10, 1);
    pending.add(request);
    pending.loseAll(gone, 5);
    pending.loseAll(gone, 5);
    clock.advance(100);
    assert.deepEqual(request.ends, ['unknown']);
  });

  it('takes an entry that is added while the others are being lost', () => {
    const pending = new PendingCalls();
    const later = new FakeRequest();
    const first = new FakeRequest();
    first.lost = () => {
      pending.add(later);
    };
    pending.add(first);
    pending.loseAll(gone, 0);
    assert.deepEqual(later.ends, []);
    assert.equal(pending.size, 1);
  });

  it('says that some expire before they are told, and that they have after that, and neither when they were answered', (t) => {
    const clock = mockClock(t);
    const events: string[] = [];
    const pending = new PendingCalls({
      onExpiring: () => events.push(`${pending.size} stay`),
      onExpired: () => events.push(`${pending.size} left`),
    });
    for (const ms of [10, 10, 50]) {
      const request = new FakeRequest(clock.now + ms);
      request.expire = () => void events.push('expired');
      pending.add(request);
    }
    pending.take(pending.add(new FakeRequest(clock.now + 10)));
    clock.advance(20);
    assert.deepEqual(events, ['1 stay', 'expired', 'expired', '1 left']);
    clock.advance(40);
    assert.deepEqual(events.slice(4), ['0 stay', 'expired', '0 left']);
  });

  it('says of the calls among them which they are, so that their peers can be told', (t) => {
    const clock = mockClock(t);
    const expiring: (readonly number[])[] = [];
    const expired: (readonly number[])[] = [];
    const pending = new PendingCalls({
      onExpiring: (calls) => expiring.push(calls),
      onExpired: (calls) => expired.push(calls),
    });
    for (const isCall of [true, false, true]) pending.add(Object.assign(new FakeRequest(clock.now + 10), { isCall }));
    pending.add(Object.assign(new FakeRequest(clock.now + 500), { isCall: true }));
    clock.advance(20);
    assert.deepEqual([expiring, expired], [[[1, 3]], [[1, 3]]]);
  });

  it('calls back when nothing waits any more, after the last one was settled', async () => {
    const pending = new PendingCalls();
    const events: string[] = [];
    const ids = [pending.add(new FakeRequest()), pending.add(new FakeRequest())];
    pending.whenIdle(() => events.push('idle'));
    for (const id of ids) {
      pending.take(id);
      events.push('settled');
    }
    await tick();
    assert.deepEqual(events, ['settled', 'settled', 'idle']);
    pending.take(pending.add(new FakeRequest()));
    await tick();
    assert.equal(events.length, 3, 'once');
  });

  it('calls back when the last entry expires, or when there was none', async (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    let idle = 0;
    const onIdle = () => {
      idle += 1;
    };
    pending.whenIdle(onIdle);
    await tick();
    assert.equal(idle, 1);
    pending.add(new FakeRequest(clock.now + 10));
    pending.whenIdle(onIdle);
    clock.advance(20);
    await tick();
    assert.equal(idle, 2);
  });

  it('wraps its ids below the limit, and passes over those that still wait', () => {
    const pending = new PendingCalls({ idLimit: 6 });
    const slow = new FakeRequest();
    assert.equal(pending.add(slow), 1);
    assert.equal(pending.add(new FakeRequest()), 2);
    assert.equal(pending.add(new FakeRequest()), 3);
    pending.take(2);
    assert.deepEqual([pending.nextId(), pending.nextId(), pending.nextId(), pending.nextId()], [4, 5, 2, 4]);
    assert.equal(pending.take(1), slow);
    assert.deepEqual([pending.nextId(), pending.nextId()], [5, 1]);
  });

  it('keeps thousands apart, whatever the order of their answers', () => {
    const pending = new PendingCalls();
    const requests = Array.from({ length: 5_000 }, () => new FakeRequest());
    const ids = requests.map((request) => pending.add(request));
    assert.equal(new Set(ids).size, 5_000);
    for (const [at, id] of [...ids.entries()].sort(([, a], [, b]) => ((a * 7_919) % 5_003) - ((b * 7_919) % 5_003))) {
      assert.equal(pending.take(id), requests[at]);
      assert.equal(pending.take(id), undefined);
    }
    assert.equal(pending.size, 0);
    const later = new FakeRequest();
    assert.equal(pending.take(pending.add(later)), later, 'and afterwards as before');
  });

  it('does not take an old answer for the answer to a newer request', () => {
    const pending = new PendingCalls();
    const old = pending.add(new FakeRequest());
    pending.take(old);
    const newer = new Map<number, FakeRequest>();
    for (let i = 0; i < 1_000; i++) {
      const request = new FakeRequest();
      const id = pending.add(request);
      newer.set(id, request);
      assert.equal(pending.take(old), undefined);
      for (const stranger of [id + 1, id + 256, id + 4_096, id - 1_024, 2 ** 32 - 1]) {
        if (!newer.has(stranger)) assert.equal(pending.take(stranger), undefined);
      }
      if (i % 3 === 0) {
        assert.equal(pending.take(id), request);
        newer.delete(id);
      }
    }
    assert.equal(pending.size, newer.size);
  });

  it('tells those whose frames have no number of the loss in the order in which they were added', () => {
    const pending = new PendingCalls();
    for (let i = 0; i < 250; i++) pending.take(pending.add(new FakeRequest()));
    const order: number[] = [];
    for (let i = 0; i < 20; i++) {
      const request = new FakeRequest();
      request.lost = () => void order.push(i);
      pending.add(request);
    }
    pending.loseAll(gone, 0);
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('keeps its ids below 2^30 unless told otherwise, as cluster-client does', () => {
    assert.equal(MAX_REQUEST_ID, 2 ** 30);
  });

  it('has the event loop watched while something waits, whichever way it ends', (t) => {
    const clock = mockClock(t);
    const count = (name: 'enter' | 'leave') => (eventLoop[name] as unknown as { mock: { callCount(): number } }).mock;
    const watching = () => count('enter').callCount() - count('leave').callCount();
    const pending = new PendingCalls();
    const add = (ms: number) => pending.add(new FakeRequest(clock.now + ms));
    const [a, b] = [add(50), add(50)];
    assert.equal(watching(), 1);
    pending.take(a);
    pending.take(a);
    assert.equal(watching(), 1);
    pending.take(b);
    assert.equal(watching(), 0);
    add(50);
    add(90);
    clock.advance(50);
    assert.equal(watching(), 1);
    clock.advance(50);
    assert.equal(watching(), 0);
    add(50);
    pending.loseAll(gone, 0);
    pending.loseAll(gone, 0);
    assert.equal(watching(), 0);
  });

  it('shows an entry without taking it off', () => {
    const pending = new PendingCalls();
    const request = new FakeRequest();
    const id = pending.add(request);
    assert.equal(pending.get(id), request);
    assert.equal(pending.get(id + 256), undefined, 'another id of the same slot');
    assert.equal(pending.take(id), request);
    assert.equal(pending.get(id), undefined);
  });

  it('says to what expires whether the peer tells of late calls', (t) => {
    const clock = mockClock(t);
    const pending = new PendingCalls();
    const said: boolean[] = [];
    const request = () => Object.assign(new FakeRequest(clock.now + 5), { expire: (is: boolean) => said.push(is) });
    pending.add(request());
    clock.advance(10);
    pending.isReported = true;
    pending.add(request());
    clock.advance(10);
    assert.deepEqual(said, [false, true]);
  });
});
