import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallClock } from '../../../lib/call/call-clock.js';

describe('CallClock', () => {
  it('adds up the time of each stage, that of the present one included', () => {
    const clock = new CallClock(1_000);
    clock.leave('routing', 1_010);
    clock.leave('waiting for a connection', 1_030);
    clock.leave('waiting for the answer', 1_060);
    clock.leave('waiting for a connection', 1_100); // tried again, elsewhere
    assert.deepEqual(clock.rounded('waiting for the answer', 1_150), {
      routingMs: 10,
      connectingMs: 60,
      unansweredMs: 80,
    });
    assert.equal(clock.since, 1_100);
  });

  it('rounds so that the whole is the sum of its parts', () => {
    const clock = new CallClock(0);
    clock.leave('routing', 0.4);
    clock.leave('before filters', 0.8);
    clock.leave('waiting for a connection', 1.2);
    const rounded = clock.rounded('waiting for the answer', 2.6);
    assert.deepEqual(rounded, { routingMs: 0, beforeFiltersMs: 1, connectingMs: 0, unansweredMs: 2 });
  });
});
