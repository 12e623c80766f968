import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import { hostBuilder } from '../../../lib/machine/host-builder.js';
import type { WatchItem } from '../../../lib/machine/store-host.js';
import { checkMachineShare } from '../../../lib/registry/machine-share.js';
import { MemoryEngine } from '../../../lib/registry/memory/memory-engine.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { until } from '../../support/until.js';
import { meetingPath, relayed } from './support.js';

const LEASE = '694d7a1f1c0f3e05';
const START = { store: 's', connection: 'c', revision: 1 };

/** An engine that fails the test where a step reaches it. Another process of the machine calls the one that has it. */
async function setUp(t: TestContext) {
  const path = meetingPath(t);
  const reached: unknown[] = [];
  const own = new MemoryEngine(new MemoryStore());
  const leader = relayed(t, path, () => own);
  await until(() => leader.list('').catch(() => undefined), { what: 'the engine to lead' });
  for (const step of ['grant', 'renew', 'revoke', 'list', 'commit', 'watch'] as const)
    t.mock.method(own, step, (...args: unknown[]) => {
      reached.push([step, ...args]);
      throw new Error('reached');
    });
  const share = checkMachineShare({ path, lead: false });
  // biome-ignore lint/suspicious/noExplicitAny: the other process sends what it likes
  const other = hostBuilder('the store of the test', share).create(() => own) as any;
  t.after(() => other.close());
  await other.ready();
  return { other, reached };
}

const put = (more: object) => [[], [{ type: 'put', key: 'a', value: 'b', lease: null, ...more }], []];

const wrong: [step: string, args: unknown[], why: RegExp][] = [
  ['grant', [Number.POSITIVE_INFINITY], /time of a lease/],
  ['grant', ['5000'], /time of a lease/],
  ['grant', [-1], /time of a lease/],
  ['renew', ['1', 100], /16 hexadecimal digits/],
  ['renew', [LEASE, Number.NaN], /timeout/],
  ['revoke', [[LEASE]], /16 hexadecimal digits/],
  ['list', [{ length: 9 }], /a prefix/],
  ['commit', [[{ key: 'a', created: Number.POSITIVE_INFINITY }], [], []], /a revision/],
  ['commit', [[{ key: 'a', modified: 1.5 }], [], []], /a revision/],
  ['commit', [[{ key: 'a' }], [], []], /a revision/],
  ['commit', [[{ key: 1, created: 0 }], [], []], /the key of a condition/],
  ['commit', [[null], [], []], /a condition/],
  ['commit', ['abc', [], []], /the conditions of a commit/],
  ['commit', [[], { length: 1 }, []], /the operations of a commit/],
  ['commit', [[], [], [7]], /an operation/],
  ['commit', [[], [{ type: 'drop', key: 'a' }], []], /the type of an operation/],
  ['commit', [[], [{ type: 'get' }], []], /the key of an operation/],
  ['commit', [[], [{ type: 'list', prefix: 1 }], []], /the prefix of a list/],
  ['commit', put({ value: 1 }), /the value of a key/],
  ['commit', put({ lease: 'Infinity' }), /16 hexadecimal digits/],
];

describe('the process that has the connection of a machine', () => {
  it('refuses what another process should not have sent, and no such step reaches the store', async (t) => {
    const { other, reached } = await setUp(t);
    for (const [step, args, why] of wrong) {
      const { failure } = await other[step](...args);
      const what = `${step} ${JSON.stringify(args)}`;
      assert.equal(failure?.code, RpcCode.InvalidArgument, what);
      assert.match(failure.message, why, what);
    }
    assert.deepEqual(reached, []);
  });

  it('ends a watch that another process should not have asked for', async (t) => {
    const { other, reached } = await setUp(t);
    for (const [prefix, start, why] of [
      [1, START, /a prefix/],
      ['a', null, /the start of a watch/],
      ['a', { ...START, revision: Number.POSITIVE_INFINITY }, /a revision/],
      ['a', { ...START, connection: 1 }, /the id of a connection/],
    ] as const) {
      const items: WatchItem[] = [];
      for await (const item of other.watch(prefix, start)) items.push(item);
      const last = items.at(-1);
      assert.ok(last !== undefined && 'end' in last);
      assert.equal(last.end, 'refused');
      assert.match(last.why, why);
    }
    assert.deepEqual(reached, []);
  });
});
