import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { RpcCode, type RpcError } from '../../../lib/errors.js';
import type { Change, Engine, Entry, Lease, Operation, Watching } from '../../../lib/registry/engine.js';
import { until } from '../../support/until.js';

/** The way from one engine to the store. */
interface Link {
  /** Connections end, and none can be made. */
  cut(): void;
  /** Nothing arrives in either direction, and nothing ends. */
  swallow(): void;
  /** Requests arrive; answers are lost. */
  swallowAnswers(): void;
  heal(): void;
}

interface Opened {
  readonly engine: Engine;
  readonly link: Link;
}

/** A store, and engines on it. */
interface Subject {
  /** A new engine, closed at the end of the test. All engines of a subject have one store and one namespace. */
  open(): Promise<Opened>;
  /** Removes the lease as an administrator does. */
  revoke(lease: string): Promise<void>;
  compact(): Promise<void>;
  /** Starts the store anew, with nothing in it. */
  wipe(): Promise<void>;
  /**
   * Why a failure may be the machine's: an engine lost a connection that the test had not cut, and there is evidence that a process got no
   * time to run. Undefined for all other failures.
   */
  excuse?(): string | undefined;
  /** Time of the leases of the tests: the shortest that the store grants. Unit: ms */
  readonly ttl: number;
}

export type MakeSubject = (t: TestContext) => Promise<Subject>;

const ATTEMPTS = 3;

const put = (key: string, value = key, lease?: Lease): Operation => ({ type: 'put', key, value, lease });
const keysOf = (entries: readonly Entry[]): string[] => entries.map(({ key }) => key);
const pairs = (entries: readonly Entry[]): string[] => entries.map(({ key, value }) => `${key}=${value}`);

/** Changes as texts: `put a=1`, `delete a`. */
function texts({ events }: Change): string[] {
  return events.map((event) =>
    event.type === 'put' ? `put ${event.entry.key}=${event.entry.value}` : `delete ${event.key}`,
  );
}

/** The changes of a watch, as they come. */
function recorder(): { on: (change: Change) => void; changes: Change[]; texts(): string[] } {
  const changes: Change[] = [];
  return { changes, on: (change) => changes.push(change), texts: () => changes.flatMap(texts) };
}

/** All keys but that of the engine. */
async function all(engine: Engine): Promise<{ entries: Entry[]; revision: number; store: string }> {
  const { entries, ...rest } = await engine.list('');
  return { ...rest, entries: entries.filter(({ key }) => key !== 'store') };
}

async function failure(work: Promise<unknown>): Promise<RpcError> {
  return work.then(
    () => assert.fail('nothing failed'),
    (error: RpcError) => error,
  );
}

/** A test on a new subject. A failure counts, unless the subject proves that the machine starved it: then the test is repeated, loudly. */
function sentence(make: MakeSubject, name: string, test: (subject: Subject) => Promise<void>): void {
  it(name, async (t) => {
    for (let attempt = 1; ; attempt++) {
      const subject = await make(t);
      try {
        return await test(subject);
      } catch (error) {
        const excuse = subject.excuse?.();
        if (attempt === ATTEMPTS || excuse === undefined) throw error;
        console.error(`\n!!! REPEATED, since ${excuse}: ${name}\n!!! The failure was: ${error}\n`);
      }
    }
  });
}

/** The contract of lib/registry/engine.ts, sentence by sentence. */
export function engineContract(name: string, make: MakeSubject, skip: string | false = false): void {
  describe(`the contract of an engine: ${name}`, { skip }, () => {
    // The timers of an engine keep no process alive.
    let alive: NodeJS.Timeout;
    before(() => {
      alive = setInterval(() => {}, 60_000);
    });
    after(() => clearInterval(alive));

    describe('commits', () => {
      sentence(make, 'create a key where there is none, and read the key where there is one', async (subject) => {
        const { engine } = await subject.open();
        const absent = [{ key: 'a', created: 0 }];
        const first = await engine.commit(absent, [put('a', 'mine')], [{ type: 'get', key: 'a' }]);
        assert.deepEqual([first.done, first.entries], [true, []]);
        const second = await engine.commit(absent, [put('a', 'other')], [{ type: 'get', key: 'a' }]);
        assert.equal(second.done, false);
        assert.deepEqual(pairs(second.entries), ['a=mine']);
        assert.equal(second.revision, first.revision, 'a commit that changes nothing has no revision of its own');
        assert.equal(second.entries[0]?.created, first.revision);
      });

      sentence(make, 'have one revision each, whatever they change', async (subject) => {
        const { engine } = await subject.open();
        const one = await engine.commit([], [put('a'), put('b'), put('c')]);
        const two = await engine.commit([], [{ type: 'delete', key: 'a' }, put('b', '2')]);
        assert.equal(two.revision, one.revision + 1);
        const { entries, revision } = await all(engine);
        assert.deepEqual(pairs(entries), ['b=2', 'c=c']);
        assert.deepEqual(
          entries.map(({ created, modified, lease }) => [created, modified, lease]),
          [
            [one.revision, two.revision, undefined],
            [one.revision, one.revision, undefined],
          ],
        );
        assert.equal(revision, two.revision);
      });

      sentence(make, 'compare the revision of the last put', async (subject) => {
        const { engine } = await subject.open();
        const { revision } = await engine.commit([], [put('a', '1')]);
        const hit = await engine.commit([{ key: 'a', modified: revision }], [put('a', '2')]);
        const miss = await engine.commit([{ key: 'a', modified: revision }], [put('a', '3')]);
        assert.deepEqual([hit.done, miss.done], [true, false]);
        assert.deepEqual(pairs((await engine.list('a')).entries), ['a=2']);
      });

      sentence(make, 'need all of their conditions', async (subject) => {
        const { engine } = await subject.open();
        const { revision } = await engine.commit([], [put('a')]);
        const when = [
          { key: 'a', created: revision },
          { key: 'b', created: revision },
        ];
        assert.equal((await engine.commit(when, [put('c')])).done, false);
      });

      sentence(make, 'read what their own earlier operations have done', async (subject) => {
        const { engine } = await subject.open();
        const { entries } = await engine.commit([], [put('a', '1'), { type: 'list', prefix: 'a' }, put('ab')]);
        assert.deepEqual(pairs(entries), ['a=1']);
      });

      sentence(make, 'give a key that was deleted and put again a new revision of creation', async (subject) => {
        const { engine } = await subject.open();
        await engine.commit([], [put('a')]);
        await engine.commit([], [{ type: 'delete', key: 'a' }]);
        const again = await engine.commit([], [put('a')]);
        assert.equal((await engine.list('a')).entries[0]?.created, again.revision);
      });

      sentence(
        make,
        'refuse more than 128 operations, and a key that is changed twice, before anything is sent',
        async (subject) => {
          const { engine } = await subject.open();
          const many = Array.from({ length: 129 }, (_, at) => put(`k${at}`));
          assert.equal((await failure(engine.commit([], many))).code, RpcCode.InvalidArgument);
          assert.equal((await failure(engine.commit([], [put('a'), put('a')]))).code, RpcCode.InvalidArgument);
          assert.deepEqual((await all(engine)).entries, []);
          assert.equal((await engine.commit([], many.slice(1))).done, true);
        },
      );
    });

    describe('lists', () => {
      sentence(make, 'have the keys below a prefix, in the order of their bytes', async (subject) => {
        const { engine } = await subject.open();
        const keys = ['nodes/é', 'nodes/z', 'nodes/\u{1f600}', 'nodes/\uffee', 'nodesx', 'node', 'a'];
        await engine.commit(
          [],
          keys.map((key) => put(key)),
        );
        const { entries } = await engine.list('nodes/');
        assert.deepEqual(keysOf(entries), ['nodes/z', 'nodes/é', 'nodes/\uffee', 'nodes/\u{1f600}']);
      });

      sentence(make, 'see at once what another engine has committed, in the same store', async (subject) => {
        const [one, other] = [await subject.open(), await subject.open()];
        const { revision, store } = await one.engine.commit([], [put('a')]);
        const seen = await all(other.engine);
        assert.deepEqual([seen.revision, seen.store, keysOf(seen.entries)], [revision, store, ['a']]);
        assert.match(store, /./);
      });

      sentence(make, 'carry large values and thousands of entries', async (subject) => {
        const { engine } = await subject.open();
        for (let at = 0; at < 1_500; at += 100) {
          await engine.commit(
            [],
            Array.from({ length: 100 }, (_, one) => put(`k${String(at + one).padStart(4, '0')}`, 'v'.repeat(4_000))),
          );
        }
        const { entries } = await engine.list('k');
        assert.equal(entries.length, 1_500);
        assert.ok(entries.every(({ value }) => value.length === 4_000));
      });
    });

    describe('watches', () => {
      sentence(make, 'give each change after a list, one revision at a time', async (subject) => {
        const { engine } = await subject.open();
        await engine.commit([], [put('n/a', 'before')]);
        const listed = await engine.list('n/');
        const changes = recorder();
        await engine.commit([], [put('n/a', 'between')]);
        const watch = engine.watch('n/', listed, changes.on);
        await engine.commit([], [put('n/b'), put('m/c'), { type: 'delete', key: 'n/a' }]);
        await engine.commit([], [put('m/d')]);
        await engine.commit([], [put('n/b', '2')]);
        await until(() => changes.changes.length >= 3, { what: 'three changes' });
        assert.deepEqual(changes.changes.map(texts), [
          ['put n/a=between'],
          ['put n/b=n/b', 'delete n/a'],
          ['put n/b=2'],
        ]);
        const revisions = changes.changes.map(({ revision }) => revision);
        const first = listed.revision + 1;
        assert.deepEqual(revisions, [first, first + 1, first + 3]);
        watch.close();
        assert.equal((await watch.ended).reason, 'closed');
      });

      sentence(make, 'leave nothing out of thousands of changes that were made before', async (subject) => {
        const { engine } = await subject.open();
        const listed = await engine.list('');
        for (let at = 0; at < 1_500; at += 50) {
          await Promise.all(Array.from({ length: 50 }, (_, one) => engine.commit([], [put(`k${at + one}`)])));
        }
        const changes = recorder();
        engine.watch('k', listed, changes.on);
        await until(() => changes.changes.length >= 1_500, { what: 'all changes' });
        assert.equal(new Set(changes.texts()).size, 1_500);
        const revisions = changes.changes.map(({ revision }) => revision);
        assert.deepEqual(
          revisions,
          revisions.toSorted((one, other) => one - other),
        );
      });

      sentence(make, 'begin after a commit, too', async (subject) => {
        const { engine } = await subject.open();
        const own = await engine.commit([], [put('a', '1')]);
        const changes = recorder();
        engine.watch('a', own, changes.on);
        await engine.commit([], [put('a', '2')]);
        await until(() => changes.changes.length > 0, { what: 'a change' });
        assert.deepEqual(changes.texts(), ['put a=2']);
      });

      sentence(make, 'give nothing after they were closed', async (subject) => {
        const { engine } = await subject.open();
        const listed = await engine.list('');
        const [closed, open] = [recorder(), recorder()];
        const watch = engine.watch('', listed, closed.on);
        engine.watch('', listed, open.on);
        watch.close();
        await engine.commit([], [put('a')]);
        await until(() => open.changes.length > 0, { what: 'the change' });
        assert.deepEqual(closed.changes, []);
      });

      sentence(make, 'end where the changes are no longer known', async (subject) => {
        const { engine } = await subject.open();
        const listed = await engine.list('');
        await engine.commit([], [put('a', '1')]);
        await engine.commit([], [put('a', '2')]);
        await subject.compact();
        const changes = recorder();
        const watch = engine.watch('', listed, changes.on);
        assert.equal((await watch.ended).reason, 'compacted');
        assert.deepEqual(changes.changes, []);
      });

      sentence(make, 'end with their connection, and do not begin after a list from before', async (subject) => {
        const { engine, link } = await subject.open();
        const listed = await engine.list('');
        const watch = engine.watch('', listed, () => assert.fail('no change was made'));
        link.cut();
        const end = await watch.ended;
        assert.equal(end.reason, 'disconnected');
        assert.ok(end.error instanceof Error);
        link.heal();
        const again = await listedAgain(engine);
        assert.equal((await engine.watch('', listed, () => {}).ended).reason, 'disconnected');
        const changes = recorder();
        engine.watch('', again, changes.on);
        await engine.commit([], [put('a')]);
        await until(() => changes.changes.length > 0, { what: 'a change on the new connection' });
      });

      sentence(make, 'end on a connection that swallows everything', async (subject) => {
        const { engine, link } = await subject.open();
        const watch = engine.watch('', await engine.list(''), () => {});
        link.swallow();
        assert.equal((await watch.ended).reason, 'disconnected');
      });
    });

    describe('states', () => {
      sentence(make, 'are announced when a connection is lost, and when there is one again', async (subject) => {
        const { engine, link } = await subject.open();
        await engine.list('');
        assert.equal(engine.state.connected, true);
        const lost = becomes(engine, false);
        link.cut();
        await lost;
        assert.ok(engine.state.obstacle, 'the state has the reason');
        const back = becomes(engine, true);
        link.heal();
        await Promise.all([back, listedAgain(engine)]);
        assert.equal(engine.state.obstacle, undefined);
      });
    });

    describe('stores', () => {
      sentence(make, 'have another id once they were emptied', async (subject) => {
        const { engine } = await subject.open();
        await engine.commit([], [put('a')]);
        const before = await engine.list('');
        const watch = engine.watch('', before, () => {});
        await subject.wipe();
        assert.equal((await watch.ended).reason, 'disconnected');
        const after = await listedAgain(engine);
        assert.notEqual(after.store, before.store);
        assert.deepEqual((await all(engine)).entries, []);
        assert.equal(engine.state.store, after.store);
        assert.equal((await engine.watch('', before, () => {}).ended).reason, 'disconnected');
      });
    });

    leaseContract(make);
    callContract(make);
  });
}

/** Resolves when the engine has announced that it is connected, or not any more, without being asked in between. */
async function becomes(engine: Engine, connected: boolean): Promise<void> {
  do await engine.changed();
  while (engine.state.connected !== connected);
}

/** Lists again and again, as the errors that pass ask for. */
async function listedAgain(engine: Engine) {
  return until(() => engine.list('').catch(() => undefined), { what: 'the store to answer' });
}

function leaseContract(make: MakeSubject): void {
  describe('leases', () => {
    sentence(make, 'are granted for at least the time that was asked for, and are renewed past it', async (subject) => {
      const { ttl } = subject;
      const { engine } = await subject.open();
      const lease = await engine.lease(ttl);
      assert.ok(lease.ttl >= ttl, `${lease.ttl}`);
      assert.match(lease.id, /^[0-9a-f]{16}$/);
      await engine.commit([], [put('a', '1', lease)]);
      await new Promise((resolve) => setTimeout(resolve, lease.ttl * 1.6));
      assert.equal(lease.alive(), true);
      const [entry] = (await engine.list('a')).entries;
      assert.equal(entry?.lease, lease.id);
    });

    sentence(make, 'take their keys with them when they end, at one revision', async (subject) => {
      const { ttl } = subject;
      const { engine } = await subject.open();
      const lease = await engine.lease(ttl);
      const own = await engine.commit([], [put('a', '1', lease), put('b', '1', lease), put('c')]);
      const changes = recorder();
      engine.watch('', own, changes.on);
      const ended = lease.end();
      assert.equal(lease.alive(), false, 'at once');
      await ended;
      assert.equal(await lease.lost, 'ended');
      assert.deepEqual(keysOf((await all(engine)).entries), ['c']);
      await until(() => changes.changes.length > 0, { what: 'the change' });
      assert.deepEqual(
        changes.changes.map((change) => texts(change).sort()),
        [['delete a', 'delete b']],
      );
      await lease.end();
    });

    sentence(
      make,
      'are gone when the store has revoked them, and a put under them changes nothing',
      async (subject) => {
        const { engine } = await subject.open();
        const lease = await engine.lease(subject.ttl);
        await engine.commit([], [put('a', '1', lease)]);
        await subject.revoke(lease.id);
        const error = await failure(engine.commit([], [put('b'), put('a', '2', lease)]));
        assert.deepEqual([error.code, error.delivery], [RpcCode.LeaseLost, 'answered']);
        assert.deepEqual((await all(engine)).entries, []);
        assert.equal(await lease.lost, 'gone');
        assert.equal(lease.alive(), false);
      },
    );

    sentence(make, 'are no longer relied on before the store removes their keys', async (subject) => {
      const [holder, other] = [await subject.open(), await subject.open()];
      const lease = await holder.engine.lease(subject.ttl);
      const own = await holder.engine.commit([], [put('a', '1', lease)]);
      const removed = recorder();
      const listed = await other.engine.list('');
      other.engine.watch('a', listed, (change) => {
        assert.equal(lease.alive(), false, 'the key is gone, and the holder relies on its lease');
        removed.on(change);
      });
      holder.link.cut();
      const cutAt = performance.now();
      assert.equal(await lease.lost, 'expired');
      assert.ok(performance.now() - cutAt <= lease.ttl * 0.8 + 200, 'within 0.8 of its time');
      assert.deepEqual(pairs((await other.engine.list('a')).entries), ['a=1'], 'while the store has the key');
      await until(() => removed.changes.length > 0, { what: 'the key to go' });
      assert.ok(own.revision < (removed.changes[0]?.revision ?? 0));
      const error = await failure(holder.engine.commit([], [put('b', '1', lease)]));
      assert.equal(error.code, RpcCode.LeaseLost);
    });

    sentence(make, 'lose a key that is put without them', async (subject) => {
      const { ttl } = subject;
      const { engine } = await subject.open();
      const lease = await engine.lease(ttl);
      await engine.commit([], [put('a', '1', lease)]);
      await engine.commit([], [put('a', '2')]);
      await lease.end();
      assert.deepEqual(pairs((await all(engine)).entries), ['a=2']);
    });

    sentence(make, 'stay lost after the way to the store is open again', async (subject) => {
      const { engine, link } = await subject.open();
      const lease = await engine.lease(subject.ttl);
      link.swallow();
      assert.equal(await lease.lost, 'expired');
      link.heal();
      await listedAgain(engine);
      assert.equal(lease.alive(), false);
      const next = await engine.lease(subject.ttl);
      assert.notEqual(next.id, lease.id);
      assert.equal(next.alive(), true);
    });
  });
}

function callContract(make: MakeSubject): void {
  describe('calls', () => {
    sentence(make, 'whose answer is lost are done once, and may have been done', async (subject) => {
      const [one, other] = [await subject.open(), await subject.open()];
      await one.engine.list('');
      one.link.swallowAnswers();
      const error = await failure(one.engine.commit([], [put('a', '1')]));
      assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'unknown'], error.message);
      const [entry] = (await other.engine.list('a')).entries;
      assert.ok(entry !== undefined, 'the commit had arrived');
      one.link.heal();
      await listedAgain(one.engine);
      const [later] = (await other.engine.list('a')).entries;
      assert.equal(later?.modified, entry.modified, 'and was not repeated');
    });

    sentence(make, 'without a way to the store were not sent', async (subject) => {
      const { engine, link } = await subject.open();
      await engine.list('');
      link.cut();
      await until(() => !engine.state.connected, { what: 'the engine to notice' });
      const askedAt = performance.now();
      const error = await failure(engine.commit([], [put('a', '1')]));
      assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'not-sent'], error.message);
      assert.ok(performance.now() - askedAt < 3_500);
      assert.ok(engine.state.obstacle, 'the state has the reason');
      link.heal();
      await listedAgain(engine);
      assert.equal(engine.state.connected, true);
      assert.equal(engine.state.obstacle, undefined);
      assert.deepEqual((await all(engine)).entries, []);
    });

    sentence(make, 'of a closed engine reject, and all that it gave has ended', async (subject) => {
      const { ttl } = subject;
      const { engine } = await subject.open();
      const lease = await engine.lease(ttl);
      const watch: Watching = engine.watch('', await engine.list(''), () => {});
      const inFlight = failure(engine.list(''));
      await engine.close();
      assert.equal(lease.alive(), false);
      assert.equal(await lease.lost, 'closed');
      assert.equal((await watch.ended).reason, 'closed');
      assert.equal((await inFlight).code, RpcCode.Closed);
      for (const work of [engine.list(''), engine.commit([], [put('a')]), engine.lease(ttl)])
        assert.equal((await failure(work)).code, RpcCode.Closed);
      assert.equal(engine.state.connected, false);
      await engine.close();
    });
  });
}
