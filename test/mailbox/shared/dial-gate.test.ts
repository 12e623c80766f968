import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DialGate } from '../../../mailbox/shared/dial-gate.js';
import { DialPace } from '../../../mailbox/shared/dial-pace.js';
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
  it('shares the attempts of 100 ms with the gates of other processes, which take turns', async (t) => {
    const clock = mockClock(t);
    const pace = new DialPace();
    const began: string[] = [];
    const run = (gate: DialGate, name: string, count: number) => {
      for (let i = 0; i < count; i++) void gate.run(async () => void began.push(name), NEVER);
    };
    const [many, few] = [new DialGate(pace), new DialGate(pace)];
    run(many, 'many', 100);
    run(few, 'few', 3);
    await tick();
    assert.equal(began.length, 32);
    clock.advance(100);
    await tick();
    assert.equal(began.length, 64);
    assert.deepEqual(began.slice(32, 38), ['many', 'few', 'many', 'few', 'many', 'few']);
  });

  it('leaves descriptors for the attempts of other processes, however many processes dial in vain', async (t) => {
    const clock = mockClock(t);
    const pace = new DialPace();
    const { ends, attempt } = makeAttempts();
    const gates = Array.from({ length: 10 }, () => new DialGate(pace));
    for (const gate of gates) for (let i = 0; i < 100; i++) void gate.run(attempt, NEVER);
    for (let i = 0; i < 30; i++) {
      clock.advance(100);
      await tick();
    }
    assert.ok(ends.length > 150 && ends.length < 256, `${ends.length} attempts under way`);
    const under = ends.length;
    void new DialGate(pace).run(attempt, NEVER);
    await tick();
    assert.equal(ends.length, under + 1);
  });

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
