import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { CallOptions } from '../../lib/call/call-contract.js';
import { type Filtered as AnyFiltered, type FilterPhase, prepareFilter, runFilters } from '../../lib/filters.js';
import type { RpcMessage } from '../../lib/rpc-message.js';
import type { Filter, FilterNext } from '../../station/filters.js';
import { tick } from './transport/support.js';

type Filtered = AnyFiltered<RpcMessage, CallOptions>;

const MSG: RpcMessage = { namespace: 'user', serverType: 'test', service: 'm', method: 'f', args: [1] };

interface Run {
  /** The error of each time that it was done; undefined where it went well. */
  readonly ends: (Error | undefined)[];
  readonly call: Filtered;
}

function run(filters: readonly Filter[], phase: FilterPhase = 'before'): Run {
  const ends: (Error | undefined)[] = [];
  const call: Filtered = { serverId: 'test-1', msg: MSG, opts: { timeout: 5 } };
  const prepared = filters.map((filter) => prepareFilter(filter, phase)).filter((filter) => filter !== undefined);
  runFilters(prepared, call, (error) => ends.push(error));
  return { ends, call };
}

const boom = new Error('boom');
const other: RpcMessage = { ...MSG, method: 'g', args: [2] };

/** Every way in which a filter may go on unchanged. */
const FORMS: Record<string, Filter> = {
  'a function with next': (_id, _msg, _opts, next) => next(),
  'a function with next that is called later': (_id, _msg, _opts, next) => void setImmediate(next),
  'an async function with next': async (_id, _msg, _opts, next) => {
    await tick();
    next();
  },
  'a function without next': (_id, _msg, _opts) => {},
  'a function that returns something': () => 5,
  'an async function': async () => {},
  'a function that returns a thenable': () => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then: (resolve: () => void) => resolve(),
  }),
  'an object with before': { before: () => {} },
  'an object with before and next': { before: (_id, _msg, _opts, next) => next() },
  'an object that has only after': { after: () => assert.fail('not in this phase') },
  'an object with neither': {},
};

async function ended({ ends }: Run): Promise<Error | undefined> {
  for (let turns = 0; ends.length === 0 && turns < 10; turns++) await tick();
  assert.equal(ends.length, 1);
  return ends[0];
}

describe('runFilters', () => {
  for (const [form, filter] of Object.entries(FORMS)) {
    it(`goes on after ${form}`, async () => {
      const after: string[] = [];
      const last: Filter = (serverId, msg, opts) => void after.push(serverId, msg.method, String(opts.timeout));
      assert.equal(await ended(run([filter, last])), undefined);
      assert.deepEqual(after, ['test-1', 'f', '5']);
    });
  }

  it('is done in the same tick when no filter takes its time', () => {
    const { ends } = run([() => {}, (_id, _msg, _opts, next) => next(), { before: () => {} }]);
    assert.deepEqual(ends, [undefined]);
  });

  it('runs them one after the other, in their order', async () => {
    const order: string[] = [];
    const filters: Filter[] = [
      async () => {
        await tick();
        order.push('first');
      },
      () => void order.push('second'),
      (_id, _msg, _opts, next) => {
        order.push('third');
        next();
      },
    ];
    await ended(run(filters));
    assert.deepEqual(order, ['first', 'second', 'third']);
  });

  it('calls an object’s filter on the object, before and after', () => {
    const seen: unknown[] = [];
    const filter = {
      before() {
        seen.push(['before', this]);
      },
      after() {
        seen.push(['after', this]);
      },
    };
    run([filter]);
    run([filter], 'after');
    assert.deepEqual(seen, [
      ['before', filter],
      ['after', filter],
    ]);
  });

  it('re-targets by a string, or by a number for its text', () => {
    for (const target of ['test-2', 5]) {
      const { call } = run([(_id, _msg, _opts, next) => next(target)]);
      assert.equal(call.serverId, String(target));
    }
  });

  it('goes on to the same server where next is told nothing', () => {
    for (const target of ['', null, undefined]) {
      const seen: string[] = [];
      run([(_id, _msg, _opts, next) => next(target), (serverId) => void seen.push(serverId)]);
      assert.deepEqual(seen, ['test-1']);
    }
  });

  it('is aborted by whatever else next is told', async () => {
    for (const target of [{ code: 500 }, true, ['test-2'], () => {}]) {
      const error = await ended(run([(_id, _msg, _opts, next) => next(target as never)]));
      assert.match(error?.message ?? '', /^a before filter aborted it: /);
    }
  });

  it('takes a thenable that misbehaves for what it says first', async () => {
    const twice = {
      // biome-ignore lint/suspicious/noThenProperty: what is tested
      then: (resolve: () => void, reject: (error: Error) => void) => [resolve(), reject(boom), resolve()],
    };
    assert.equal(await ended(run([() => twice])), undefined);
    const throwing = {
      // biome-ignore lint/suspicious/noThenProperty: what is tested
      get then() {
        throw boom;
      },
    };
    assert.match((await ended(run([() => throwing])))?.message ?? '', /boom/);
  });

  it('hands a new message and new options on to the next filter', () => {
    const seen: [RpcMessage, CallOptions][] = [];
    const { call } = run([
      (_id, _msg, _opts, next) => next(null, other, { timeout: 9 }),
      (_id, msg, opts) => void seen.push([msg, opts]),
    ]);
    assert.deepEqual(seen, [[other, { timeout: 9 }]]);
    assert.deepEqual([call.msg, call.opts], [other, { timeout: 9 }]);
  });

  const foreign = runInNewContext('new Error("from another realm")') as Error;
  const aborts: [how: string, filter: Filter, message: string][] = [
    ['next(error)', (_id, _msg, _opts, next) => next(boom), 'boom'],
    ['next(error) of another realm', (_id, _msg, _opts, next) => next(foreign), 'from another realm'],
    ['a later next(error)', (_id, _msg, _opts, next) => void setImmediate(next, boom), 'boom'],
    [
      'throwing',
      () => {
        throw boom;
      },
      'boom',
    ], // prettier-ignore
    [
      'throwing though it has next',
      (_id, _msg, _opts, _next) => {
        throw boom;
      },
      'boom',
    ],
    [
      'throwing what is no error',
      () => {
        throw 'a word';
      },
      'a word',
    ],
    [
      'rejecting',
      async () => {
        throw boom;
      },
      'boom',
    ],
    [
      'rejecting though it has next',
      async (_id, _msg, _opts, _next) => {
        throw boom;
      },
      'boom',
    ],
  ];
  for (const [how, filter, message] of aborts) {
    it(`is aborted by ${how}, and runs no filter after that`, async () => {
      let ran = 0;
      const result = run([filter, () => void ran++]);
      const error = await ended(result);
      assert.match(error?.message ?? '', new RegExp(`^a before filter aborted it: ${message}$`));
      assert.equal(ran, 0);
    });
  }

  it('names a filter that has a name, and keeps the cause', async () => {
    const failure = await ended(run([{ name: 'toobusy', after: () => Promise.reject(boom) }], 'after'));
    assert.equal(failure?.message, 'after filter "toobusy" aborted it: boom');
    assert.equal(failure?.cause, boom);
    function checkToken(): void {
      throw boom;
    }
    assert.match((await ended(run([checkToken])))?.message ?? '', /^before filter "checkToken" aborted it/);
  });

  it('counts the first time that next is called', async () => {
    const nexts: FilterNext[] = [];
    const { ends, call } = run([(_id, _msg, _opts, next) => void nexts.push(next)]);
    nexts[0]?.('test-2');
    nexts[0]?.('test-3');
    nexts[0]?.(boom);
    assert.deepEqual([ends, call.serverId], [[undefined], 'test-2']);
  });

  it('counts next, and not what the filter throws after it', async () => {
    const { ends } = run([
      (_id, _msg, _opts, next) => {
        next();
        throw boom;
      },
    ]);
    await tick();
    assert.deepEqual(ends, [undefined]);
  });

  it('counts next, and not the rejection after it', async () => {
    const { ends } = run([
      async (_id, _msg, _opts, next) => {
        next();
        throw boom;
      },
    ]);
    await tick();
    assert.deepEqual(ends, [undefined]);
  });

  it('waits for ever for a filter that never calls next', async () => {
    const { ends } = run([(_id, _msg, _opts, _next) => {}]);
    await tick();
    assert.deepEqual(ends, []);
  });

  it('is done at once when there are none', () => {
    assert.deepEqual(run([]).ends, [undefined]);
  });

  it('runs a thousand of them without running out of stack', () => {
    assert.deepEqual(run(new Array(1_000).fill(() => {})).ends, [undefined]);
  });
});
