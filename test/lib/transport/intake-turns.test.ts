import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IntakeTurns } from '../../../lib/transport/intake-turns.js';
import { tick } from './support.js';

/** Connections that use all of the time that they get, and want `turns` of it. */
function setUp() {
  let time = 0;
  const turns = new IntakeTurns(() => time);
  const got: string[] = [];
  const connection = (name: string, wanted: number) => {
    const next = (endsAt: number): void => {
      got.push(`${name} ${endsAt - time}`);
      time = endsAt;
      wanted -= 1;
      if (wanted > 0) turns.wait(next);
    };
    return next;
  };
  return { turns, got, connection };
}

describe('IntakeTurns', () => {
  it('gives one connection the whole time of each turn', async () => {
    const { turns, got, connection } = setUp();
    turns.wait(connection('a', 2));
    assert.equal(turns.isBehind, true);
    await tick();
    assert.deepEqual(got, ['a 10']);
    await tick();
    assert.deepEqual(got, ['a 10', 'a 10']);
    assert.equal(turns.isBehind, false);
  });

  it('shares the time of a turn between all that wait, and continues in the next turn where this one ended', async () => {
    const { turns, got, connection } = setUp();
    for (let i = 0; i < 15; i++) turns.wait(connection(`c${i}`, 2));
    await tick();
    assert.deepEqual(
      got,
      Array.from({ length: 10 }, (_, i) => `c${i} 1`),
    );
    await tick();
    assert.deepEqual(got.slice(10, 16), ['c10 1', 'c11 1', 'c12 1', 'c13 1', 'c14 1', 'c0 1']);
    for (let i = 0; i < 4; i++) await tick();
    assert.equal(got.length, 30);
    assert.equal(turns.isBehind, false);
  });

  it('is over when its time has passed since it was first looked at, until the next turn', async () => {
    let time = 0;
    const turns = new IntakeTurns(() => time);
    assert.equal(turns.isOver(), false);
    time = 9;
    assert.equal(turns.isOver(), false);
    time = 10;
    assert.equal(turns.isOver(), true);
    await tick();
    assert.equal(turns.isOver(), false);
  });

  it('forgets a connection that has ended', async () => {
    const { turns, got, connection } = setUp();
    const gone = connection('gone', 1);
    turns.wait(gone);
    turns.leave(gone);
    assert.equal(turns.isBehind, false);
    await tick();
    assert.deepEqual(got, []);
    turns.wait(connection('a', 1));
    await tick();
    assert.deepEqual(got, ['a 10']);
  });

  it('knows how long the requests that are handled have waited, without one long turn', async () => {
    let time = 100;
    const turns = new IntakeTurns(() => time);
    const waited: number[] = [];
    const since = time;
    const lengths = [5, 300, 5, 5, 5, 5];
    const next = (): void => {
      turns.handle(since, () => waited.push(Math.round(turns.waitedMs)));
      time += lengths.shift() ?? 0;
      turns.handle(since, () => waited.push(Math.round(turns.waitedMs)));
      if (lengths.length > 0) turns.wait(next);
    };
    turns.wait(next);
    while (lengths.length > 0) await tick();
    // The first turn lasts 305 ms, which is taken off; a tenth of that counts in the next turn, at 415 ms.
    assert.deepEqual(waited, [0, 0, 0, 0, 0, 5, 5, 10, 41, 46, 46, 51]);
    assert.equal(turns.waitedMs, 0, 'nothing is handled');
  });
});
