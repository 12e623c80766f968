import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { formatKey } from '../../../lib/cluster/format-key.js';

const stringify: (value: unknown) => string = createRequire(import.meta.url)('json-stringify-safe');

function circular(): object {
  const inner: Record<string, unknown> = { name: 'inner', list: [1, {}] };
  const outer: Record<string, unknown> = { inner, again: inner };
  inner['up'] = outer;
  inner['self'] = inner;
  (inner['list'] as object[]).push(inner, inner['list'] as object);
  outer['self'] = outer;
  return outer;
}

const twice = { a: 1 };
const REGS: readonly unknown[] = [
  'key',
  '',
  42,
  null,
  true,
  [],
  {},
  [1, [2, [3]], { a: [4] }],
  { dataId: 'a', group: 'b', nested: { deep: { deeper: 1 } } },
  { b: 1, a: 2 },
  { one: twice, two: twice, three: [twice, twice] },
  { when: new Date(0), none: undefined, fn() {}, nan: Number.NaN },
  { toJSON: () => ({ named: 'by itself' }) },
  circular(),
  [circular()],
];

describe('formatKey', () => {
  it('names what is subscribed to as json-stringify-safe does', () => {
    for (const reg of REGS) assert.equal(formatKey(reg), stringify(reg));
  });

  it('is that of a Follower and its Leader alike', () => {
    assert.equal(formatKey({ dataId: 'a' }), '{"dataId":"a"}');
    assert.notEqual(formatKey({ a: 1, b: 2 }), formatKey({ b: 2, a: 1 }));
  });
});
