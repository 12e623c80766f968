import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SentValues } from '../../../lib/leader/sent-values.js';
import { MAX_REQUEST_ID } from '../../../lib/protocol/packet.js';
import { mockClock } from '../transport/support.js';

const TIMEOUT_MS = 500;

function setUp(t: TestContext) {
  const clock = mockClock(t);
  const late: unknown[] = [];
  const values = new SentValues((key, { code, message }) => void late.push([key, code, message]));
  t.after(() => values.clear());
  const add = (...ids: number[]) => {
    for (const id of ids) values.add(id, `key ${id}`, TIMEOUT_MS);
  };
  const lateKeys = () => late.map((each) => (each as string[])[0]);
  return { clock, values, late, add, lateKeys };
}

describe('SentValues', () => {
  it('drops all values up to the acknowledged one, and no later one', (t) => {
    const { clock, values, add, lateKeys } = setUp(t);
    add(3, 4, 7, 9);
    values.acknowledge(7);
    assert.equal(values.size, 1);
    clock.advance(2_000);
    assert.deepEqual([values.size, lateKeys()], [0, ['key 9']]);
  });

  it('ignores ids of no value: before the first, behind the last, and again', (t) => {
    const { values, add } = setUp(t);
    values.acknowledge(1);
    add(5, 6);
    for (const id of [4, 7, 0, MAX_REQUEST_ID, 2 ** 32 - 1]) values.acknowledge(id);
    assert.equal(values.size, 2);
    values.acknowledge(5);
    values.acknowledge(5);
    assert.equal(values.size, 1);
    values.acknowledge(6);
    values.acknowledge(6);
    assert.equal(values.size, 0);
  });

  it('keeps the order where the ids begin anew', (t) => {
    const { values, add } = setUp(t);
    add(MAX_REQUEST_ID - 2, MAX_REQUEST_ID - 1, 1, 2);
    values.acknowledge(3);
    assert.equal(values.size, 4);
    values.acknowledge(1);
    assert.equal(values.size, 1);
    values.acknowledge(MAX_REQUEST_ID - 1); // late
    assert.equal(values.size, 1);
    values.acknowledge(2);
    assert.equal(values.size, 0);
  });

  it('reports each value that is late, once, in order, and none that was acknowledged', (t) => {
    const { clock, values, late, add, lateKeys } = setUp(t);
    add(1, 2);
    clock.advance(400);
    add(3, 4);
    values.acknowledge(1);
    clock.advance(150);
    const text = 'no answer to a subscribed value in 500 ms';
    assert.deepEqual(late, [['key 2', 'ERR_RPC_TIMEOUT', text]]);
    values.acknowledge(2); // too late, and of no other value
    assert.equal(values.size, 2);
    clock.advance(2_000);
    assert.deepEqual(lateKeys(), ['key 2', 'key 3', 'key 4']);
    assert.equal(clock.timers, 0);
  });

  it('takes values and acknowledgements while it reports', (t) => {
    const clock = mockClock(t);
    const late: string[] = [];
    const values = new SentValues((key) => {
      late.push(key);
      if (key === 'first') values.add(3, 'third', TIMEOUT_MS);
    });
    values.add(1, 'first', TIMEOUT_MS);
    values.add(2, 'second', TIMEOUT_MS);
    clock.advance(600);
    assert.deepEqual([late, values.size], [['first', 'second'], 1]);
    values.acknowledge(3);
    clock.advance(2_000);
    assert.deepEqual([late, values.size], [['first', 'second'], 0]);
  });

  it('holds many values, in order, through rounds of acknowledgements', (t) => {
    const { clock, values, add, lateKeys } = setUp(t);
    const many = 10_000;
    for (let id = 1; id <= many; id++) {
      add(id);
      if (id % 3 === 0) values.acknowledge(id - 5); // the ring begins in its middle when it grows
    }
    const left = many - (9_999 - 5);
    assert.equal(values.size, left);
    for (let id = many + 1; id <= 3 * many; id++) add(id);
    assert.equal(values.size, left + 2 * many);
    values.acknowledge(2 * many);
    clock.advance(2_000);
    assert.deepEqual(
      lateKeys(),
      Array.from({ length: many }, (_, index) => `key ${2 * many + 1 + index}`),
    );
    add(3 * many + 1);
    values.acknowledge(3 * many + 1);
    assert.equal(values.size, 0);
  });

  it('forgets all of them when the connection ends, without a report', (t) => {
    const { clock, values, add, late } = setUp(t);
    add(1, 2);
    values.clear();
    values.clear();
    assert.equal(clock.timers, 0);
    clock.advance(2_000);
    assert.deepEqual([values.size, late], [0, []]);
  });
});
