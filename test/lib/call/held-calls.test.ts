import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeldCalls } from '../../../lib/call/held-calls.js';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { eventLoop } from '../../../lib/event-loop.js';
import { fakeCall, mockClock, told } from '../transport/support.js';

describe('HeldCalls', () => {
  it('tells of a call whose deadline has passed, and holds it no longer', (t) => {
    const clock = mockClock(t);
    const due: OutgoingCall[] = [];
    const held = new HeldCalls((call) => due.push(call));
    const [late, early] = [fakeCall({ timeout: 50 }).call, fakeCall({ timeout: 20 }).call];
    held.add(late);
    held.add(early);
    clock.advance(20);
    assert.deepEqual([due, held.size], [[early], 1]);
    clock.advance(29);
    assert.equal(due.length, 1);
    clock.advance(1);
    assert.deepEqual([due, held.size, clock.timers], [[early, late], 0, 0]);
  });

  it('does not tell of one that was taken off', (t) => {
    const clock = mockClock(t);
    const held = new HeldCalls(() => assert.fail('it was taken off'));
    const { call } = fakeCall({ timeout: 20 });
    held.add(call);
    held.delete(call);
    assert.equal(clock.timers, 0, 'and sets no timer for nothing');
    clock.advance(100);
  });

  it('has the event loop watched while something is held, whichever way it goes', (t) => {
    const clock = mockClock(t);
    const count = (name: 'enter' | 'leave') => (eventLoop[name] as unknown as { mock: { callCount(): number } }).mock;
    const watching = () => count('enter').callCount() - count('leave').callCount();
    const held = new HeldCalls(() => {});
    const [a, b, c] = [20, 20, 20].map((timeout) => fakeCall({ timeout }).call as OutgoingCall);
    held.add(a as OutgoingCall);
    held.add(b as OutgoingCall);
    assert.equal(watching(), 1);
    held.delete(a as OutgoingCall);
    held.delete(a as OutgoingCall);
    assert.equal(watching(), 1);
    held.takeAll();
    held.takeAll();
    held.delete(b as OutgoingCall);
    assert.equal(watching(), 0);
    held.add(c as OutgoingCall);
    clock.advance(20);
    assert.equal(watching(), 0);
  });

  it('marks a call as one that has waited, so that what is left of its time is reckoned', () => {
    const held = new HeldCalls(() => {});
    const { call } = fakeCall();
    assert.equal(call.hasWaited, false);
    held.add(call);
    assert.equal(call.hasWaited, true);
    held.delete(call);
  });

  it('gives all of them back in the order in which they came', () => {
    const held = new HeldCalls(() => {});
    const calls = [fakeCall().call, fakeCall().call, fakeCall().call];
    for (const call of calls) held.add(call);
    assert.deepEqual(held.takeAll(), calls);
    assert.equal(held.size, 0);
  });

  it('fails a call over the limit, and holds it not', () => {
    const held = new HeldCalls(() => {}, 2);
    const calls = [fakeCall(), fakeCall(), fakeCall()];
    assert.deepEqual(
      calls.map(({ call }) => held.add(call)),
      [true, true, false],
    );
    assert.deepEqual(
      calls.map(({ outcomes }) => told(outcomes)),
      [[], [], ['ERR_RPC_PENDING_FULL not-sent']],
    );
    assert.equal(held.size, 2);
    held.takeAll();
  });

  it('resolves when it is empty', async () => {
    const held = new HeldCalls(() => {});
    await held.whenEmpty();
    const [a, b] = [fakeCall().call, fakeCall().call];
    held.add(a);
    held.add(b);
    let isEmpty = false;
    const empty = held.whenEmpty().then(() => {
      isEmpty = true;
    });
    held.delete(a);
    await Promise.resolve();
    assert.equal(isEmpty, false);
    held.delete(b);
    await empty;
  });

  it('resolves when its last call expires, or all are taken', async (t) => {
    const clock = mockClock(t);
    const held = new HeldCalls(() => {});
    held.add(fakeCall({ timeout: 10 }).call);
    const expired = held.whenEmpty();
    clock.advance(10);
    await expired;
    held.add(fakeCall().call);
    const taken = held.whenEmpty();
    held.takeAll();
    await taken;
  });

  it('does not tell of a call that the end of another one has taken out, although both are due', (t) => {
    const clock = mockClock(t);
    const due: OutgoingCall[] = [];
    const held: HeldCalls = new HeldCalls((call) => {
      due.push(call);
      held.takeAll();
    });
    const calls = [10, 10].map((timeout) => fakeCall({ timeout }).call);
    for (const call of calls) held.add(call);
    clock.advance(10);
    assert.deepEqual([due, held.size], [[calls[0]], 0]);
  });

  it('holds a call that is added by the telling of another', (t) => {
    const clock = mockClock(t);
    const due: OutgoingCall[] = [];
    const next = () => fakeCall({ timeout: 10 }).call;
    const held: HeldCalls = new HeldCalls((call) => {
      if (due.push(call) < 3) held.add(next());
    });
    held.add(next());
    clock.advance(60);
    assert.deepEqual([due.length, held.size], [3, 0]);
  });
});
