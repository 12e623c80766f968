import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leastActive } from '../../router/least-active.js';
import { IDLE, loadOf, manyServers, picks, requestOf, seeded, serversOf, tally } from './support.js';

describe('leastActive', () => {
  it('picks the server with the fewest calls in flight', () => {
    const load = loadOf({ a: 3, b: 1, c: 2 });
    assert.deepEqual(picks(leastActive(), serversOf('abc'), 3, requestOf(), load), ['b', 'b', 'b']);
  });

  it('lets equals take turns', () => {
    assert.equal(picks(leastActive(), serversOf('abc'), 7).join(''), 'abcabca');
    assert.equal(
      picks(leastActive(), serversOf('abcd'), 5, requestOf(), loadOf({ a: 1, b: 5, c: 1, d: 5 })).join(''),
      'acaca',
    );
  });

  it('shares 10,000 instant calls evenly', () => {
    assert.deepEqual(new Set(Object.values(tally(picks(leastActive(), manyServers(8), 10_000)))), new Set([1250]));
  });

  it('gives a newcomer calls until it is as busy as the others, and then its share', () => {
    const inFlight: Record<string, number> = { a: 10, b: 10, c: 0 };
    const router = leastActive();
    const servers = serversOf('abc');
    const call = () => {
      const [id = ''] = picks(router, servers, 1, requestOf(), loadOf(inFlight));
      inFlight[id] = (inFlight[id] ?? 0) + 1;
      return id;
    };
    assert.deepEqual(tally(Array.from({ length: 10 }, call)), { c: 10 });
    assert.deepEqual(tally(Array.from({ length: 30 }, call)), { a: 10, b: 10, c: 10 });
  });

  it('gives a newcomer no more than the others once calls end, however many the others have had', () => {
    // Calls last 3 to 12 picks; a server that joins after 5,000 of them counts for what it has now, not in total.
    const random = seeded(3);
    const router = leastActive();
    const inFlight: Record<string, number> = {};
    const ends = new Map<number, string[]>();
    const load = loadOf(inFlight);
    const late: string[] = [];
    const [few, all] = [serversOf('abc'), serversOf('abcd')];
    for (let at = 0; at < 10_000; at++) {
      for (const id of ends.get(at) ?? []) inFlight[id] = (inFlight[id] ?? 0) - 1;
      const { id } = router.pick(at < 5000 ? few : all, requestOf(), load);
      inFlight[id] = (inFlight[id] ?? 0) + 1;
      const end = at + 3 + Math.floor(random() * 10);
      ends.set(end, [...(ends.get(end) ?? []), id]);
      if (at >= 5000) late.push(id);
    }
    for (const count of Object.values(tally(late))) assert.ok(Math.abs(count - 1250) < 125, `${count} of 5,000`);
  });

  it('goes on with the shorter list when servers leave', () => {
    const router = leastActive();
    picks(router, serversOf('abcd'), 4);
    assert.deepEqual(Object.keys(tally(picks(router, serversOf('ab'), 10))), ['a', 'b']);
    assert.deepEqual(picks(router, serversOf('b'), 2), ['b', 'b']);
  });

  it('stops asking at the first idle server', () => {
    const asked: string[] = [];
    const inFlight = (id: string) => {
      asked.push(id);
      return id === 'b' ? 0 : 1;
    };
    assert.equal(leastActive().pick(serversOf('abcd'), requestOf(), { ...IDLE, inFlight }).id, 'b');
    assert.deepEqual(asked, ['a', 'b']);
  });

  it('keeps the turns of each server type', () => {
    const router = leastActive();
    const servers = serversOf('ab');
    const next = (serverType: string) => router.pick(servers, requestOf({ serverType }), IDLE).id;
    assert.deepEqual([next('chat'), next('gate'), next('chat'), next('gate')], ['a', 'a', 'b', 'b']);
  });
});
