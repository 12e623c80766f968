import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { check, VIOLATIONS, type ViolationKind } from './checker.js';
import {
  type Executed,
  type GeneratorNoted,
  HistoryFile,
  type HistoryRecord,
  type Made,
  type Read,
  readHistoryFile,
  type Settled,
} from './history.js';

const made = (token: number, more: Partial<Made> = {}): Made => ({
  type: 'made',
  client: 'c1',
  token,
  kind: 'echo',
  idempotent: false,
  ordered: true,
  timeout: 1_000,
  at: token,
  ...more,
});
const settled = (token: number, more: Partial<Settled> = {}): Settled => ({
  type: 'settled',
  client: 'c1',
  token,
  at: token + 5,
  ...(more.error === undefined ? { answers: `c1 ${token}` } : {}),
  ...more,
});
const executed = (token: number, more: Partial<Executed> = {}): Executed => ({
  type: 'executed',
  server: 's1',
  client: 'c1',
  token,
  line: 's1 1',
  ...more,
});
const failure = (delivery: string, code: string | undefined = 'ERR_RPC_CONNECTION_LOST') => ({
  error: { code, delivery, message: 'why' },
});

const read = (items: readonly number[], total?: number): Read => ({
  ...{ type: 'read', who: 'c1', client: 'c1', token: 1, way: 'down', items },
  ...(total === undefined ? {} : { total }),
});
const generator = (what: 'begun' | 'finished', more: Partial<GeneratorNoted> = {}): GeneratorNoted => ({
  ...{ type: 'generator', what, who: 's1', client: 'c1', token: 1 },
  ...more,
});

function kinds(records: readonly HistoryRecord[], killedClients: readonly string[] = []): ViolationKind[] {
  return check({ records, killedClients }).map(({ kind }) => kind);
}

/** Nothing is wrong with it. */
const GOOD: readonly HistoryRecord[] = [
  made(1),
  made(2, { kind: 'fail' }),
  made(3),
  made(4),
  made(5, { idempotent: true }),
  made(6, { kind: 'missing' }),
  made(7, { kind: 'oneway' }),
  made(1, { client: 'c2' }),
  settled(4, failure('not-sent', 'ERR_RPC_PENDING_FULL')),
  executed(1),
  executed(2),
  executed(5),
  executed(1, { client: 'c2' }),
  executed(5, { server: 's2' }),
  settled(1),
  settled(2, { ...failure('answered', 'ERR_RPC_REMOTE'), answers: 'c1 2' }),
  settled(3, failure('unknown')),
  settled(5),
  settled(6, failure('answered', 'ERR_RPC_NO_METHOD')),
  { type: 'settled', client: 'c1', token: 7, at: 8 },
  settled(1, { client: 'c2', answers: 'c2 1' }),
  generator('begun'),
  generator('begun', { who: 's9' }),
  read([0, 1, 2, 3, 4], 5),
  read([0, 1]),
  read([]),
  generator('finished'),
  { type: 'over', who: 's1' },
];

/** One seeded bug of each kind. */
const BAD: Readonly<Record<ViolationKind, readonly HistoryRecord[]>> = {
  'settled twice': [...GOOD, settled(1)],
  'never settled': [...GOOD, made(8)],
  'settled late': [...GOOD, made(8), executed(8), settled(8, { at: 8 + 1_000 + 60_000 })],
  'timed out early': [...GOOD, made(8), settled(8, failure('unknown', 'ERR_RPC_TIMEOUT'))],
  'error without a code': [
    ...GOOD,
    made(8),
    settled(8, { error: { code: undefined, delivery: 'unknown', message: 'a bare TypeError' } }),
  ],
  'executed twice': [...GOOD, executed(1, { line: 's1 2' })],
  'executed by nobody': [...GOOD, executed(99)],
  'wrong answer': [...GOOD, made(8), executed(8), settled(8, { answers: 'c2 8' })],
  'out of order': [...GOOD, made(8), made(9), executed(9), executed(8), settled(8), settled(9)],
  'executed though not sent': [...GOOD, executed(4, { server: 's3' })],
  'not executed though answered': [...GOOD, made(8), settled(8)],
  'left over': [...GOOD, { type: 'left', who: 'c1', what: '1 TCPSocketWrap' }],
  'item lost': [...GOOD, read([0, 1, 3, 4], 5)],
  'item doubled': [...GOOD, read([0, 1, 1, 2, 3, 4], 5)],
  'items reordered': [...GOOD, read([0, 2, 1, 3, 4], 5)],
  'generator not finished': [...GOOD, generator('begun', { token: 9 })],
  'generator finished twice': [...GOOD, generator('finished')],
};

describe('the checker of chaos runs', () => {
  it('finds nothing where nothing is wrong', () => {
    assert.deepEqual(check({ records: GOOD, killedClients: [] }), []);
  });

  for (const kind of VIOLATIONS) {
    it(`catches: ${kind}`, () => {
      const found = kinds(BAD[kind]);
      assert.ok(found.includes(kind), `${found}`);
      assert.equal(new Set(found).size, 1, `and nothing else: ${found}`);
    });
  }

  it('catches an answered remote error that was not executed, and an answer to another one’s failure', () => {
    const remote = failure('answered', 'ERR_RPC_REMOTE');
    assert.deepEqual(kinds([made(1, { kind: 'fail' }), settled(1, { ...remote, answers: 'c1 1' })]), [
      'not executed though answered',
    ]);
    assert.deepEqual(kinds([made(1, { kind: 'fail' }), executed(1), settled(1, { ...remote, answers: 'c1 2' })]), [
      'wrong answer',
    ]);
  });

  it('takes a timeout at the deadline, or soon after it, for what it is', () => {
    for (const at of [1_000, 1_005, 4_000])
      assert.deepEqual(kinds([made(0), settled(0, { at, ...failure('unknown', 'ERR_RPC_TIMEOUT') })]), []);
  });

  it('takes a deadline that is kept late for what it is where the event loop of the caller stood still, and no longer', () => {
    const late = [made(0), executed(0), settled(0, { at: 11_000 })];
    const stalled = (who: string, from: number, to: number) => ({ type: 'stalled', who, from, to }) as const;
    assert.deepEqual(kinds(late), ['settled late']);
    assert.deepEqual(kinds([...late, stalled('c1', 2_000, 8_000)]), []);
    assert.deepEqual(kinds([...late, stalled('c1', 0, 3_000)]), ['settled late']);
    assert.deepEqual(kinds([...late, stalled('c2', 2_000, 8_000)]), ['settled late']);
  });

  it('misses the last items of a stream only where it ended by itself, and sees items of another call', () => {
    assert.deepEqual(kinds([read([0, 1])]), []);
    assert.deepEqual(kinds([read([0, 1], 3)]), ['item lost']);
    assert.deepEqual(kinds([read([1, 2])]), ['item lost']);
    assert.deepEqual(kinds([read([0, -1])]), ['wrong answer']);
  });

  it('lets an idempotent call run twice, and one without a promised order overtake', () => {
    const records = [made(1, { ordered: false }), made(2, { idempotent: true }), executed(2), executed(1), executed(2)];
    assert.deepEqual(kinds([...records, settled(1), settled(2)]), []);
  });

  it('looks at the order within one connection to one life of a server only', () => {
    const calls = [made(1), made(2), settled(1), settled(2), executed(2)];
    assert.deepEqual(kinds([...calls, executed(1, { line: 's1 2' })]), []);
    assert.deepEqual(kinds([...calls, executed(1, { server: 's1 again' })]), []);
  });

  it('does not hold against a killed client what it could not write down any more', () => {
    assert.deepEqual(kinds([made(1), executed(1), executed(2)], ['c1']), []);
    assert.deepEqual(kinds([made(1), executed(1), executed(1)], ['c1']), ['executed twice']);
  });
});

describe('a history file', () => {
  it('is read as it was written, without a last line that was cut short', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'history.jsonl');
    const file = new HistoryFile(path);
    file.write(...GOOD);
    file.write(executed(99));
    file.close();
    assert.deepEqual(readHistoryFile(path), [...GOOD, executed(99)]);
    truncateSync(path, statSync(path).size - 3);
    assert.deepEqual(readHistoryFile(path), GOOD);
  });
});
