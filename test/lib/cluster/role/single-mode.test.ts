import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { cluster } from '../../../../lib/cluster/cluster.js';
import { RpcCode } from '../../../../lib/errors.js';
import { keptLog } from '../../../behaviour/support.js';
import { expectNoLeaks } from '../../../support/leaks.js';
import { untilEvent } from '../../../support/until.js';
import { tick } from '../../transport/support.js';

const made: Counter[] = [];
class Counter extends EventEmitter {
  closed = 0;
  count = 0;
  constructor(start = 0) {
    super();
    made.push(this);
    this.count = start;
  }
  async add(n: number) {
    this.count += n;
    return this.count;
  }
  subscribe(_reg: unknown, listener: (value: unknown) => void) {
    listener(this.count);
  }
  unSubscribe() {}
  async close() {
    this.emit('closing');
    await tick();
    this.closed += 1;
  }
}

function setUp(t: TestContext, name: string) {
  expectNoLeaks(t);
  const { logger, lines } = keptLog();
  made.length = 0;
  const create = (start?: number) => {
    const client = cluster(Counter, { name, singleMode: true, logger, responseTimeout: 1_000 }).create(start);
    t.after(() => cluster.close(client).catch(() => {}));
    return client;
  };
  return { create, lines, logger };
}

describe('single mode', () => {
  it('shares one real client between the clients of a name, and closes it with the last', async (t) => {
    const { create, lines } = setUp(t, 'single-shared');
    const [a, b] = [create(10), create(20)];
    await Promise.all([a.ready(), b.ready()]);
    assert.equal(await a.add(1), 11);
    assert.equal(await b.add(1), 12);
    assert.deepEqual([a.isClusterClientLeader, b.isClusterClientLeader, made.length], [true, true, 1]);
    await a.close();
    assert.equal(made[0]?.closed, 0);
    assert.equal(await b.add(1), 13);
    await assert.rejects(a.add(1), { code: RpcCode.Closed });
    const closing: string[] = [];
    (b as unknown as EventEmitter).on('closing', () => closing.push('b'));
    (a as unknown as EventEmitter).on('closing', () => closing.push('a'));
    await b.close();
    assert.deepEqual([made[0]?.closed, closing, lines], [1, ['b'], []]);
  });

  it('makes another real client while the last is being closed', async (t) => {
    const { create } = setUp(t, 'single-again');
    const a = create(1);
    await a.ready();
    const isClosing = untilEvent(a, 'closing', { what: 'the real client to be closed' });
    const closing = a.close();
    await isClosing;
    const b = create(2);
    assert.equal(await b.add(0), 2);
    await closing;
    assert.equal(await b.add(0), 2);
    assert.deepEqual(
      made.map(({ closed }) => closed),
      [1, 0],
    );
  });

  it('passes events on to each of them, and values to their subscribers', async (t) => {
    const { create } = setUp(t, 'single-events');
    const [a, b] = [create(7), create()];
    await b.ready();
    const got: unknown[] = [];
    for (const [name, client] of Object.entries({ a, b })) {
      (client as unknown as EventEmitter).on('changed', (value) => got.push(`${name} ${value}`));
      client.subscribe('key', (value) => got.push(`${name} got ${value}`));
    }
    made[0]?.emit('changed', 1);
    await tick();
    assert.deepEqual(got.sort(), ['a 1', 'a got 7', 'b 1', 'b got 7']);
  });

  it("refuses another class's client of the same name", async (t) => {
    const { create, logger } = setUp(t, 'single-name');
    await create().ready();
    class Other {}
    assert.throws(() => cluster(Other, { name: 'single-name', singleMode: true, logger }).create(), {
      code: RpcCode.InvalidArgument,
      message: /"single-name" is another class's/,
    });
  });

  it('fails for all when the real client fails, and tries again when all have closed', async (t) => {
    expectNoLeaks(t);
    let attempts = 0;
    class Failing {
      ready() {
        attempts += 1;
        return attempts === 1 ? Promise.reject(new Error('no such host')) : Promise.resolve();
      }
      async get() {
        return 'got';
      }
    }
    const create = () =>
      cluster(Failing, { name: 'single-failing', singleMode: true, logger: keptLog().logger }).create();
    const [a, b] = [create(), create()];
    await Promise.all(
      [a, b].map((client) => assert.rejects(client.ready() as Promise<void>, { message: 'no such host' })),
    );
    await assert.rejects(a.get(), { message: 'no such host' });
    await Promise.all([a, b].map((client) => cluster.close(client)));
    const c = create();
    t.after(() => cluster.close(c));
    assert.equal(await c.get(), 'got');
  });

  it('closes in any order, also before it is ready', async (t) => {
    const { create, lines } = setUp(t, 'single-order');
    const all = [create(), create(), create()];
    await Promise.all(all.map((client) => client.close()));
    assert.deepEqual([made.map(({ closed }) => closed), lines], [[1], []]);
  });
});
