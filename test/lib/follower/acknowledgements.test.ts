import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Acknowledgements, MAX_DELAY_MS, MAX_UNACKNOWLEDGED } from '../../../lib/follower/acknowledgements.js';
import { RESPONSE } from '../../../lib/protocol/packet.js';
import { VALUE_ACKNOWLEDGED } from '../../../lib/protocol/value-message.js';
import { mockClock } from '../transport/support.js';

const TIMEOUT_MS = 3_000;

function setUp(t: TestContext, isCumulative = true) {
  const clock = mockClock(t);
  const sent: number[] = [];
  const connection = {
    send(kind: number, id: number, timeout: number, head: Uint8Array) {
      assert.deepEqual([kind, timeout, head], [RESPONSE, TIMEOUT_MS, VALUE_ACKNOWLEDGED]);
      sent.push(id);
    },
  };
  const acknowledgements = new Acknowledgements(connection, { features: isCumulative ? ['values'] : ['results'] });
  t.after(() => acknowledgements.stop());
  const receive = (first: number, last = first) => {
    for (let id = first; id <= last; id++) acknowledgements.add(id, TIMEOUT_MS);
  };
  return { clock, sent, acknowledgements, receive };
}

describe('Acknowledgements', () => {
  it('sends one for each value, at once, to a Leader without the feature', (t) => {
    const { clock, sent, receive } = setUp(t, false);
    receive(1, 100);
    assert.equal(sent.length, 100);
    assert.equal(clock.timers, 0);
  });

  it('sends the one of a value that comes alone at once', (t) => {
    const { clock, sent, receive } = setUp(t);
    for (const id of [1, 2, 3]) {
      receive(id);
      assert.equal(sent.at(-1), id);
      clock.advance(2 * MAX_DELAY_MS);
    }
    assert.deepEqual([sent, clock.timers], [[1, 2, 3], 0]);
  });

  it('sends one for the values that follow closely, with the id of the last', (t) => {
    const { clock, sent, receive } = setUp(t);
    receive(1, 10);
    assert.deepEqual(sent, [1]);
    clock.advance(MAX_DELAY_MS - 1);
    assert.deepEqual(sent, [1]);
    clock.advance(1);
    assert.deepEqual(sent, [1, 10]);
    receive(11);
    assert.deepEqual(sent, [1, 10]);
    clock.advance(MAX_DELAY_MS);
    assert.deepEqual(sent, [1, 10, 11]);
    clock.advance(MAX_DELAY_MS);
    assert.deepEqual([sent, clock.timers], [[1, 10, 11], 0]);
  });

  it('lets no more values wait than the bound', (t) => {
    const { sent, receive } = setUp(t);
    receive(1, 1 + MAX_UNACKNOWLEDGED - 1);
    assert.deepEqual(sent, [1]);
    receive(1 + MAX_UNACKNOWLEDGED);
    assert.deepEqual(sent, [1, 1 + MAX_UNACKNOWLEDGED]);
    receive(2 + MAX_UNACKNOWLEDGED, 1 + 3 * MAX_UNACKNOWLEDGED);
    assert.deepEqual(sent.slice(2), [1 + 2 * MAX_UNACKNOWLEDGED, 1 + 3 * MAX_UNACKNOWLEDGED]);
  });

  it('sends one within a quarter of the timeout of a value', (t) => {
    const clock = mockClock(t);
    const sent: [id: number, timeout: number][] = [];
    const connection = { send: (_kind: number, id: number, timeout: number) => void sent.push([id, timeout]) };
    const acknowledgements = new Acknowledgements(connection, { features: ['values'] });
    for (const id of [1, 2]) acknowledgements.add(id, 40);
    assert.deepEqual(sent, [[1, 40]]);
    clock.advance(10);
    assert.deepEqual(sent.splice(0), [
      [1, 40],
      [2, 40],
    ]);
    // A value with less time than the values that wait.
    acknowledgements.add(3, 40);
    acknowledgements.add(4, 30);
    assert.deepEqual(sent.splice(0), [[4, 30]]);
    acknowledgements.stop();
    // Too little time to wait at all.
    for (const id of [5, 6, 7]) acknowledgements.add(id, 3);
    assert.deepEqual(sent, [
      [5, 3],
      [6, 3],
      [7, 3],
    ]);
    assert.equal(clock.timers, 0);
  });

  it('sends what waits when asked, once', (t) => {
    const { clock, sent, acknowledgements, receive } = setUp(t);
    acknowledgements.send();
    receive(1, 3);
    acknowledgements.send();
    acknowledgements.send();
    assert.deepEqual(sent, [1, 3]);
    clock.advance(4 * MAX_DELAY_MS);
    assert.deepEqual(sent, [1, 3]);
  });

  it('sends nothing for a line that is closed', (t) => {
    const { clock, sent, acknowledgements, receive } = setUp(t);
    receive(1, 3);
    acknowledgements.stop();
    assert.equal(clock.timers, 0);
    acknowledgements.send();
    clock.advance(4 * MAX_DELAY_MS);
    assert.deepEqual(sent, [1]);
  });
});
