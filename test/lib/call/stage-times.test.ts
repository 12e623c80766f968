import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StageTimes } from '../../../lib/call/stage-times.js';

describe('StageTimes', () => {
  it('adds up the time of each stage, that of the present one included', () => {
    const times = new StageTimes(1_000);
    times.leave('routing', 1_010);
    times.leave('waiting for a connection', 1_030);
    times.leave('waiting for the answer', 1_060);
    times.leave('waiting for a connection', 1_100); // tried again, elsewhere
    assert.deepEqual(times.rounded('waiting for the answer', 1_150), {
      routingMs: 10,
      connectingMs: 60,
      unansweredMs: 80,
    });
    assert.equal(times.since, 1_100);
  });

  it('rounds so that the whole is the sum of its parts', () => {
    const times = new StageTimes(0);
    times.leave('routing', 0.4);
    times.leave('before filters', 0.8);
    times.leave('waiting for a connection', 1.2);
    const rounded = times.rounded('waiting for the answer', 2.6);
    assert.deepEqual(rounded, { routingMs: 0, beforeFiltersMs: 1, connectingMs: 0, unansweredMs: 2 });
  });
});
