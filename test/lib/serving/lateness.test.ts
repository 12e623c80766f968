import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyLate } from '../../../lib/serving/lateness.js';
import { intakeTurns } from '../../../lib/transport/intake-turns.js';

describe('whyLate', () => {
  it('says of a call that has waited for its turn for how long, and of others nothing', () => {
    intakeTurns.isOver(); // the turn begins
    const reasons: (string | undefined)[] = [];
    const ask = (): void => void reasons.push(whyLate(10_000));
    intakeTurns.handle(performance.now() - 60_000, ask);
    intakeTurns.handle(performance.now() - 10, ask);
    ask();
    assert.match(
      reasons[0] ?? '',
      /^the server is overloaded: the call has waited \d+ ms for its turn since it arrived, and maxEventLoopLag allows 10000 ms$/,
    );
    assert.deepEqual(reasons.slice(1), [undefined, undefined]);
  });
});
