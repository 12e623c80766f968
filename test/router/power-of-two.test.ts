import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { powerOfTwo } from '../../router/power-of-two.js';
import type { ServerLoad } from '../../router/router.js';
import { IDLE, loadOf, manyServers, picks, requestOf, scripted, seeded, serversOf, tally } from './support.js';

/** The pick among a and b, a drawn first. */
function ofTwo(load: ServerLoad): string {
  return powerOfTwo(scripted(0)).pick(serversOf('ab'), requestOf(), load).id;
}

describe('powerOfTwo', () => {
  it('picks the one with fewer calls in flight, whatever the latencies', () => {
    assert.equal(ofTwo(loadOf({ a: 2, b: 1 }, { a: 1, b: 9 })), 'b');
    assert.equal(ofTwo(loadOf({ a: 1, b: 2 }, { a: 9, b: 1 })), 'a');
  });

  it('picks of equally busy ones the one with the lower latency', () => {
    assert.equal(ofTwo(loadOf({ a: 1, b: 1 }, { a: 9, b: 8 })), 'b');
    assert.equal(ofTwo(loadOf({ a: 1, b: 1 }, { a: 8, b: 9 })), 'a');
  });

  it('picks the first when nothing tells them apart, an unknown latency included', () => {
    assert.equal(ofTwo(IDLE), 'a');
    assert.equal(ofTwo(loadOf({}, { a: 5, b: 5 })), 'a');
    assert.equal(ofTwo(loadOf({}, { a: 5 })), 'a');
    assert.equal(ofTwo(loadOf({}, { b: 5 })), 'a');
  });

  it('draws every pair of different servers, and equally often', () => {
    const random = seeded(4);
    const pairs: string[] = [];
    for (let time = 0; time < 12_000; time++) {
      const asked: string[] = [];
      powerOfTwo(random).pick(serversOf('abcd'), requestOf(), { ...IDLE, inFlight: (id) => asked.push(id) });
      pairs.push(asked.join(''));
    }
    const counts = tally(pairs);
    assert.deepEqual(Object.keys(counts).sort(), 'ab ac ad ba bc bd ca cb cd da db dc'.split(' '));
    for (const count of Object.values(counts)) assert.ok(Math.abs(count - 1000) < 120, `${count} of 12,000`);
  });

  it('spreads 10,000 picks among idle servers evenly', () => {
    const counts = tally(picks(powerOfTwo(seeded(5)), manyServers(8), 10_000));
    for (const count of Object.values(counts)) assert.ok(Math.abs(count - 1250) < 125, `${count} of 10,000`);
    assert.equal(Object.keys(counts).length, 8);
  });

  it('never picks the busiest of all, and picks the idlest twice as often as a random choice would', () => {
    const load = loadOf(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`test-${index + 1}`, index])));
    const counts = tally(picks(powerOfTwo(seeded(6)), manyServers(10), 10_000, requestOf(), load));
    assert.equal(counts['test-10'], undefined);
    assert.ok(Math.abs((counts['test-1'] ?? 0) - 2000) < 150, `${counts['test-1']} of 10,000`);
  });

  it('follows the list from pick to pick, down to one and up again', () => {
    const router = powerOfTwo(seeded(7));
    for (const ids of ['abcd', 'ab', 'b', 'bcdef']) {
      assert.deepEqual(Object.keys(tally(picks(router, serversOf(ids), 300))).sort(), [...ids]);
    }
  });

  it('asks nothing when there is one server', () => {
    const load = { inFlight: () => assert.fail('asked'), latency: () => assert.fail('asked') };
    assert.equal(powerOfTwo(() => assert.fail('drew')).pick(serversOf('a'), requestOf(), load).id, 'a');
  });
});
