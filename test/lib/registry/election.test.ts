import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RpcError } from '../../../lib/errors.js';
import { type Clock, systemClock } from '../../../lib/registry/clock.js';
import { EngineCandidate } from '../../../lib/registry/engine-candidate.js';
import { MemoryEngine } from '../../../lib/registry/memory/memory-engine.js';
import { memory } from '../../../lib/registry/memory/memory-registry.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { SharedEngine } from '../../../lib/registry/shared-engine.js';
import { isEarlier, type Term } from '../../../lib/term.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';

const TTL = 600;
const PREFIX = 'elections/area-1/';

class Competing {
  readonly candidate: EngineCandidate;
  readonly terms: Term[] = [];
  readonly deposed: RpcError[] = [];
  readonly obstacles: RpcError[] = [];
  /** Awaited by the candidate before the next campaign. */
  work: Promise<void> | undefined;
  engine: MemoryEngine | undefined;

  constructor(t: Pick<TestContext, 'after'>, store: MemoryStore, clock: Clock = systemClock) {
    const open = (): MemoryEngine => {
      this.engine = new MemoryEngine(store, clock);
      return this.engine;
    };
    const handler = {
      onElected: (term: Term) => void this.terms.push(term),
      onDeposed: (reason: RpcError) => {
        this.deposed.push(reason);
        return this.work;
      },
      onObstacle: (reason: RpcError) => void this.obstacles.push(reason),
    };
    this.candidate = new EngineCandidate(handler, {
      engine: new SharedEngine(open),
      prefix: PREFIX,
      ttl: TTL,
      description: 'the election area-1 of the test',
    });
    t.after(() => this.candidate.resign());
  }

  get leads(): boolean {
    return this.candidate.isLeader();
  }

  async untilLeads(): Promise<this> {
    await until(() => this.leads, { what: 'the election' });
    return this;
  }
}

/** Candidates that began one after the other, so that the first leads and the others follow in this order. */
async function compete(t: TestContext, store: MemoryStore, count: number): Promise<Competing[]> {
  const all: Competing[] = [];
  for (let number = 1; number <= count; number++) {
    const each = new Competing(t, store);
    each.candidate.campaign();
    await until(() => store.list(PREFIX).entries.length === number, { what: `candidate ${number}` });
    all.push(each);
  }
  await all[0]?.untilLeads();
  return all;
}

const leaders = (all: readonly Competing[]): number[] => all.flatMap((each, at) => (each.leads ? [at] : []));

describe('an election', () => {
  it('has one Leader, the candidate that came first, with the revision of its key as term', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const all = await compete(t, store, 3);
    assert.deepEqual(leaders(all), [0]);
    const [first, second] = all;
    assert.deepEqual(first?.terms, [{ store: store.id, revision: 2 }]);
    assert.deepEqual(first?.candidate.term, first?.terms[0]);
    assert.deepEqual([first?.candidate.state, second?.candidate.state], ['leading', 'campaigning']);
    assert.equal(second?.candidate.term, undefined);
    for (const { candidate } of all) await candidate.resign();
  });

  it('passes at once to the next candidate when the Leader resigns, with a higher term', async (t) => {
    const store = new MemoryStore();
    const [first, second, third] = await compete(t, store, 3);
    const startedAt = performance.now();
    await first?.candidate.resign();
    assert.equal(first?.leads, false);
    await second?.untilLeads();
    assert.ok(performance.now() - startedAt < TTL / 2, `${performance.now() - startedAt}`);
    assert.ok(isEarlier(first?.terms[0] as Term, second?.terms[0] as Term));
    assert.equal(third?.leads, false);
    assert.deepEqual(first?.deposed, []);
    assert.deepEqual(third?.obstacles, []);
  });

  it('passes over a candidate that has resigned', async (t) => {
    const [first, second, third] = await compete(t, new MemoryStore(), 3);
    await second?.candidate.resign();
    assert.deepEqual([first?.leads, third?.leads], [true, false]);
    await first?.candidate.resign();
    await third?.untilLeads();
  });

  it('passes to the next candidate within the time of the lease and half a second when the Leader is killed', async (t) => {
    const [first, second] = await compete(t, new MemoryStore(), 2);
    const startedAt = performance.now();
    await first?.engine?.close(); // as kill -9: nothing is said
    await second?.untilLeads();
    assert.ok(performance.now() - startedAt < TTL + 500, `${performance.now() - startedAt}`);
  });

  for (const link of ['cut', 'swallowed', 'no-answers'] as const) {
    it(`deposes a Leader whose link is ${link} before the next one leads, and elects it again later`, async (t) => {
      const store = new MemoryStore();
      const all = await compete(t, store, 2);
      const [first, second] = all as [Competing, Competing];
      (first.engine as MemoryEngine).link = link;
      let most = 0;
      await until(
        () => {
          most = Math.max(most, leaders(all).length);
          return second.leads;
        },
        { what: 'the next Leader' },
      );
      assert.equal(most, 1);
      assert.equal(first.deposed.length, 1);
      assert.match(
        first.deposed[0]?.message ?? '',
        /^the election area-1 of the test: this process leads no more: its lease was lost \(expired\)$/,
      );
      (first.engine as MemoryEngine).link = 'open';
      await until(() => store.list(PREFIX).entries.length === 2, { what: 'the candidate' });
      await second.candidate.resign();
      await first.untilLeads();
      assert.ok(isEarlier(second.terms[0] as Term, first.terms[1] as Term));
    });
  }

  for (const [what, step] of [
    ['a stall of the process', (clock: { ms: number; up: number }) => (clock.ms += TTL)],
    ['a suspended machine', (clock: { ms: number; up: number }) => (clock.up += 60_000)],
  ] as const) {
    it(`has no Leader at the first statement after ${what}`, async (t) => {
      const ahead = { ms: 0, up: 0 };
      const now = (): number => systemClock.now() + ahead.ms;
      const clock: Clock = { now, uptime: () => systemClock.uptime() + ahead.ms + ahead.up };
      const each = new Competing(t, new MemoryStore(), clock);
      each.candidate.campaign();
      await each.untilLeads();
      step(ahead);
      assert.equal(each.candidate.isLeader(), false);
      assert.equal(each.candidate.term, undefined);
      await until(() => each.deposed.length > 0, { what: 'the deposition' });
      await each.untilLeads();
      assert.equal(each.deposed.length, 1);
      assert.equal(each.terms.length, 2);
    });
  }

  it('deposes a Leader whose key was removed by hand, and waits for the end of its work before it competes again', async (t) => {
    const store = new MemoryStore();
    const [first] = (await compete(t, store, 1)) as [Competing];
    let finish = (): void => {};
    first.work = new Promise((resolve) => {
      finish = resolve;
    });
    const [entry] = store.list(PREFIX).entries;
    store.commit([], [{ type: 'delete', key: entry?.key ?? '' }], []);
    await until(() => first.deposed.length > 0, { what: 'the deposition' });
    assert.match(first.deposed[0]?.message ?? '', /its record was removed$/);
    assert.equal(first.deposed[0]?.code, 'ERR_RPC_LEASE_LOST');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual([first.candidate.state, first.leads, store.list(PREFIX).entries.length], ['deposed', false, 0]);
    finish();
    await first.untilLeads();
    assert.ok(isEarlier(first.terms[0] as Term, first.terms[1] as Term));
  });

  it('begins anew in a store that was emptied, with terms that are not compared with those before', async (t) => {
    const store = new MemoryStore();
    const [first] = (await compete(t, store, 1)) as [Competing];
    store.wipe();
    await until(() => first.terms.length === 2, { what: 'the next term' });
    const [before, after] = first.terms as [Term, Term];
    assert.notEqual(before.store, after.store);
    assert.ok(!isEarlier(before, after) && !isEarlier(after, before));
    assert.equal(first.deposed.length, 1);
  });

  it('keeps its Leader through a restart of the store', async (t) => {
    const store = new MemoryStore();
    const [first, second] = (await compete(t, store, 2)) as [Competing, Competing];
    for (let round = 0; round < 3; round++) {
      store.restart();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual([first.leads, first.terms.length, first.deposed.length, second.leads], [true, 1, 0, false]);
  });

  it('reports each failure of a campaign, and elects a Leader when the registry is there', async (t) => {
    const each = new Competing(t, new MemoryStore());
    each.candidate.campaign();
    (each.engine as MemoryEngine).link = 'swallowed';
    await until(() => each.obstacles.length > 0, { what: 'the failure' });
    assert.equal(each.obstacles[0]?.code, 'ERR_RPC_REGISTRY');
    (each.engine as MemoryEngine).link = 'open';
    await each.untilLeads();
  });

  it('can be left at any time, and not entered again', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const each = new Competing(t, store);
    each.candidate.campaign();
    await each.candidate.resign();
    each.candidate.campaign();
    assert.deepEqual([each.candidate.state, each.leads, store.list(PREFIX).entries.length], ['resigned', false, 0]);
    const idle = new Competing(t, store);
    await idle.candidate.resign();
    assert.equal(idle.engine, undefined);
  });
});

describe('registry.election()', () => {
  it('names the election and its registry, and refuses names and times out of range', () => {
    const registry = memory();
    assert.equal(registry.election('area-1').description, 'the election area-1 in the registry in memory');
    assert.throws(() => registry.election('a/b'), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /^the name of election\(\) must be 1 to 128 letters, digits, "\.", "_" and "-", got "a\/b"$/,
    });
    assert.throws(
      () => registry.election('area-1', { ttl: 1_000 }),
      /^RpcError: the ttl of election\(\) must be an integer from 3000 to 60000, got 1000/,
    );
  });
});
