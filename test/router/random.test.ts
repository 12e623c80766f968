import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../router/random.js';
import { manyServers, picks, scripted, seeded, serversOf, tally } from './support.js';

describe('random', () => {
  it('gives each of 8 servers an eighth of 10,000 picks', () => {
    const counts = tally(picks(random(seeded(1)), manyServers(8), 10_000));
    assert.equal(Object.keys(counts).length, 8);
    for (const count of Object.values(counts)) assert.ok(Math.abs(count - 1250) < 125, `${count} of 10,000`);
  });

  it('reaches the first server and the last', () => {
    assert.deepEqual(picks(random(scripted(0, 0.999_999)), serversOf('abc'), 2), ['a', 'c']);
  });

  it('follows the list from pick to pick', () => {
    const router = random(seeded(2));
    for (const ids of ['abcd', 'ab', 'b', 'bcdef']) {
      assert.deepEqual(Object.keys(tally(picks(router, serversOf(ids), 200))).sort(), [...ids]);
    }
  });

  it('names a server even when the source goes up to 1', () => {
    assert.deepEqual(
      picks(
        random(() => 1),
        serversOf('ab'),
        1,
      ),
      ['a'],
    );
  });

  it('draws from Math.random unless told otherwise', (t) => {
    t.mock.method(Math, 'random', () => 0.5);
    assert.deepEqual(picks(random(), serversOf('abc'), 2), ['b', 'b']);
  });
});
