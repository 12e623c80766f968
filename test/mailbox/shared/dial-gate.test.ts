import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DialGate } from '../../../mailbox/shared/dial-gate.js';
import { mockClock, tick } from '../../lib/transport/support.js';

const NEVER = new AbortController().signal;

/** Attempts that end when the test says so. */
function makeAttempts() {
  const ends: (() => void)[] = [];
  const attempt = () =>
    new Promise<void>((resolve) => {
      ends.push(resolve);
    });
  return { ends, attempt };
}

describe('DialGate', () => {
  it('begins 32 attempts within 100 ms, and the others in order after that', async (t) => {
    const clock = mockClock(t);
    const gate = new DialGate();
    const began: number[] = [];
    const attempt = (id: number) => async () => void began.push(id);
    const all = Array.from({ length: 80 }, (_, id) => gate.run(attempt(id), NEVER));
    await tick();
    assert.deepEqual([began.length, gate.waiting], [32, 48]);
    clock.advance(100);
    await tick();
    assert.deepEqual([began.length, gate.waiting], [64, 16]);
    clock.advance(100);
    await Promise.all(all);
    assert.deepEqual(
      began,
      Array.from({ length: 80 }, (_, id) => id),
    );
    clock.advance(100);
    assert.equal(clock.timers, 0);
  });

  it('has 64 attempts under way at most', async (t) => {
    const clock = mockClock(t);
    const gate = new DialGate();
    const { ends, attempt } = makeAttempts();
    for (let i = 0; i < 100; i++) void gate.run(attempt, NEVER);
    for (let i = 0; i < 10; i++) {
      clock.advance(100);
      await tick();
    }
    assert.deepEqual([ends.length, gate.waiting], [64, 36]);
    ends[0]?.();
    await tick();
    assert.deepEqual([ends.length, gate.waiting], [65, 35]);
  });

  it('forgets an attempt that is given up while it waits, and goes on after one that fails', async (t) => {
    mockClock(t);
    const gate = new DialGate();
    const { attempt } = makeAttempts();
    for (let i = 0; i < 31; i++) void gate.run(attempt, NEVER);
    await assert.rejects(
      gate.run(() => Promise.reject(new Error('refused')), NEVER),
      /refused/,
    );
    const giveUp = new AbortController();
    const waiting = gate.run(attempt, giveUp.signal);
    assert.equal(gate.waiting, 1);
    giveUp.abort(new Error('closed'));
    await assert.rejects(waiting);
    await assert.rejects(gate.run(attempt, giveUp.signal));
    assert.equal(gate.waiting, 0);
  });
});
