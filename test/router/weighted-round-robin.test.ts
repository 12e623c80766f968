import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import type { NonEmpty, ServerInfo } from '../../lib/server-info.js';
import { weightedRoundRobin } from '../../router/weighted-round-robin.js';
import { IDLE, picks, requestOf, serversOf, tally } from './support.js';

/** One server a letter. */
function weighted(weights: Readonly<Record<string, number>>): NonEmpty<ServerInfo> {
  const more = Object.fromEntries(Object.entries(weights).map(([id, weight]) => [id, { weight }]));
  return serversOf(Object.keys(weights), more);
}

/** The most picks in a row for one id, the list read as a ring. */
function longestRun(ids: readonly string[], id: string): number {
  const runs = [...ids, ...ids].join('').match(new RegExp(`${id}+`, 'g')) ?? [];
  return Math.max(0, ...runs.map((run) => run.length));
}

describe('weightedRoundRobin', () => {
  // The example with which nginx explains the algorithm.
  it('gives weights 5, 1, 1 as a a b a c a a', () => {
    assert.equal(picks(weightedRoundRobin(), weighted({ a: 5, b: 1, c: 1 }), 14).join(''), 'aabacaaaabacaa');
  });

  it('goes in turn when weights are equal or missing', () => {
    assert.equal(picks(weightedRoundRobin(), serversOf('abc'), 7).join(''), 'abcabca');
    assert.equal(picks(weightedRoundRobin(), weighted({ a: 3, b: 3 }), 4).join(''), 'abab');
  });

  for (const weights of [
    { a: 5, b: 1, c: 1 },
    { a: 3, b: 2, c: 1 },
    { a: 1, b: 1, c: 1, d: 7 },
    { a: 4, b: 3 },
    { a: 20, b: 1 },
  ]) {
    it(`gives everybody exactly the share of ${JSON.stringify(weights)}, spread out`, () => {
      const servers = weighted(weights);
      const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
      const router = weightedRoundRobin();
      for (let round = 0; round < 5; round++) {
        const ids = picks(router, servers, total);
        assert.deepEqual(tally(ids), weights);
        for (const [id, weight] of Object.entries(weights)) {
          // w picks among o others cannot do without a run of ceil(w / o); where rounds meet there may be one more.
          const needed = Math.ceil(weight / (total - weight));
          assert.ok(longestRun(ids, id) <= needed + 1, `${id} in ${ids.join('')}`);
        }
      }
    });
  }

  it('keeps every prefix of 10,000 picks within one call of the shares', () => {
    const weights: Record<string, number> = { a: 13, b: 7, c: 2.5, d: 0.5 };
    const counts: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
    for (const [at, id] of picks(weightedRoundRobin(), weighted(weights), 10_000).entries()) {
      counts[id] = (counts[id] ?? 0) + 1;
      for (const [name, weight] of Object.entries(weights)) {
        const share = ((at + 1) * weight) / 23;
        assert.ok(Math.abs((counts[name] ?? 0) - share) <= 1, `${name} has ${counts[name]} of ${at + 1}`);
      }
    }
  });

  it('keeps the rhythm of those who stay when another leaves', () => {
    const router = weightedRoundRobin();
    picks(router, weighted({ a: 2, b: 1, c: 1 }), 6);
    const ids = picks(router, weighted({ a: 2, b: 1 }), 30);
    assert.deepEqual(tally(ids), { a: 20, b: 10 });
    assert.ok(longestRun(ids, 'a') <= 3 && longestRun(ids, 'b') === 1, ids.join(''));
  });

  it('gives a newcomer its share from the start, and not more', () => {
    const router = weightedRoundRobin();
    picks(router, weighted({ a: 1, b: 1 }), 101);
    const ids = picks(router, weighted({ a: 1, b: 1, c: 2 }), 12);
    assert.deepEqual(tally(ids.slice(0, 4)), { a: 1, b: 1, c: 2 });
    assert.deepEqual(tally(ids), { a: 3, b: 3, c: 6 });
  });

  it('starts a newcomer neither ahead of the others nor behind', () => {
    const router = weightedRoundRobin();
    picks(router, weighted({ a: 1, b: 1 }), 2);
    assert.equal(picks(router, weighted({ a: 1, b: 1, c: 1 }), 6).join(''), 'abcabc');
  });

  it('gives the light one its share beside a heavy one that comes and goes', () => {
    const router = weightedRoundRobin();
    const together: string[] = [];
    for (let flap = 0; flap < 100; flap++) {
      picks(router, weighted({ a: 1 }), 1);
      together.push(...picks(router, weighted({ a: 1, b: 9 }), 4));
    }
    assert.deepEqual(tally(together), { a: 40, b: 360 });
  });

  it('goes on where it was when only the snapshot is new', () => {
    const router = weightedRoundRobin();
    const ids = Array.from({ length: 14 }, () => picks(router, weighted({ a: 5, b: 1, c: 1 }), 1)[0]);
    assert.equal(ids.join(''), 'aabacaaaabacaa');
  });

  it('does not reward a server that leaves and comes back', () => {
    const router = weightedRoundRobin();
    const counts: Record<string, number> = { a: 0, b: 0 };
    for (let flap = 0; flap < 100; flap++) {
      picks(router, weighted({ a: 1 }), 1);
      for (const id of picks(router, weighted({ a: 1, b: 1 }), 4)) counts[id] = (counts[id] ?? 0) + 1;
    }
    assert.deepEqual(counts, { a: 200, b: 200 });
  });

  it('follows a changed weight at once, without repaying the old one', () => {
    const router = weightedRoundRobin();
    picks(router, weighted({ a: 100, b: 100 }), 1); // a is 100 behind now
    assert.deepEqual(tally(picks(router, weighted({ a: 1, b: 1 }), 6)), { a: 3, b: 3 });
  });

  it('forgets who left: the same id starts anew', () => {
    const router = weightedRoundRobin();
    picks(router, weighted({ a: 1, b: 9 }), 3);
    picks(router, weighted({ c: 1, d: 1 }), 2);
    assert.equal(
      picks(router, weighted({ a: 1, b: 9 }), 10).join(''),
      picks(weightedRoundRobin(), weighted({ a: 1, b: 9 }), 10).join(''),
    );
  });

  it('keeps server types apart', () => {
    const router = weightedRoundRobin();
    const servers = serversOf('ab');
    const next = (serverType: string) => router.pick(servers, requestOf({ serverType }), IDLE).id;
    assert.deepEqual([next('chat'), next('gate'), next('chat'), next('gate')], ['a', 'a', 'b', 'b']);
  });

  for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '3', null]) {
    it(`refuses weight ${String(weight)}${typeof weight === 'string' ? ' (text)' : ''} on every pick, naming the server`, () => {
      const router = weightedRoundRobin();
      const servers = serversOf('ab', { b: { weight } });
      for (let time = 0; time < 2; time++) {
        assert.throws(() => picks(router, servers, 1), { code: RpcCode.InvalidArgument, message: /server "b"/ });
      }
    });
  }
});
