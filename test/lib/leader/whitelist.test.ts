import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { canonicalAddress, resolveWhitelist } from '../../../lib/leader/whitelist.js';

function setUp(given: unknown) {
  const lines: string[] = [];
  const logger = { info() {}, warn() {}, error: (line: string) => void lines.push(line) };
  const admits = resolveWhitelist(given, logger);
  assert.ok(admits !== undefined);
  return { admits, lines };
}

describe('a whitelist', () => {
  it('that is not there lets everyone in', () => {
    assert.equal(resolveWhitelist(undefined, console), undefined);
  });

  it('that is empty lets nobody in', () => {
    assert.equal(setUp([]).admits('127.0.0.1'), false);
  });

  it('takes a string for exactly one address', () => {
    const { admits } = setUp(['10.0.0.1', '::1']);
    const asked = ['10.0.0.1', '110.0.0.1', '10.0.0.11', '10a0.0.1', '::1'];
    assert.deepEqual(
      asked.filter((address) => admits(address)),
      ['10.0.0.1', '::1'],
    );
  });

  it('has patterns match the whole address, whatever their form and flags', () => {
    const inside = (pattern: RegExp, address: string) => setUp([pattern]).admits(address);
    assert.equal(inside(/10\.0\.0\.1/, '110.0.0.12'), false);
    assert.equal(inside(/10\.0\.0\.1|::1/, '10.0.0.12'), false);
    assert.equal(inside(/10\.0\.0\.1|::1/, 'fe80::1'), false);
    assert.equal(inside(/10\.0\.0\.1|::1/, '::1'), true);
    assert.equal(inside(/^10\.0\.0\.\d+$/, '10.0.0.12'), true);
    assert.equal(inside(/FE80::.*/i, 'fe80::1'), true);
    assert.equal(inside(runInNewContext('/10\\..*/'), '10.0.0.1'), true);
  });

  it('remembers nothing from one address to the next', () => {
    for (const pattern of [/10\..*/g, /10\..*/y, /10\..*/gy]) {
      const { admits } = setUp([pattern]);
      assert.deepEqual([admits('10.0.0.1'), admits('10.0.0.1')], [true, true]);
    }
  });

  it('compares an IPv4 address that came over IPv6 as IPv4, on both sides, and IPv6 in whatever form', () => {
    const { admits } = setUp(['::ffff:10.0.0.1', '10.0.0.2', '2001:DB8:0:0::1']);
    const asked = ['::ffff:10.0.0.1', '::FFFF:10.0.0.2', '::ffff:a00:2', '2001:db8::1', 'fe80::1%eth0'];
    assert.deepEqual(
      asked.map((address) => admits(canonicalAddress(address))),
      [true, true, true, true, false],
    );
    assert.equal(setUp(['fe80::1']).admits(canonicalAddress('fe80::1%eth0')), true);
  });
});

describe('a whitelist that is a function', () => {
  type Answer = (error: unknown, list?: unknown) => void;
  const list = ['10.0.0.1'];
  const forms: Readonly<Record<string, unknown>> = {
    'calls back': (answer: Answer) => answer(null, list),
    'calls back later': (answer: Answer) => setImmediate(answer, null, list),
    'is async and calls back': async (answer: Answer) => {
      await undefined;
      setImmediate(answer, null, list);
    },
    'returns the list': () => list,
    'returns a promise': async () => list,
    'has a callback and returns the list all the same': (_answer: Answer) => list,
  };
  for (const [form, whitelist] of Object.entries(forms)) {
    it(`${form} lets in those on its list`, async () => {
      const { admits, lines } = setUp(whitelist);
      assert.deepEqual([await admits('10.0.0.1'), await admits('10.0.0.2'), lines], [true, false, []]);
    });
  }

  it('is asked each time', async () => {
    const lists = [['10.0.0.1'], ['10.0.0.2']];
    const { admits } = setUp((answer: Answer) => answer(null, lists.shift()));
    assert.deepEqual([await admits('10.0.0.2'), await admits('10.0.0.2')], [false, true]);
  });

  const failures: Readonly<Record<string, unknown>> = {
    'calls back with an error': (answer: Answer) => answer(new Error('no database'), ['10.0.0.1']),
    throws: () => {
      throw new Error('no database');
    },
    rejects: async () => {
      throw new Error('no database');
    },
    'gives no list': (answer: Answer) => answer(null, undefined),
    'gives a string': (answer: Answer) => answer(null, '10.0.0.1'),
    'returns nothing and has no callback': () => {},
    'resolves with nothing and has no callback': async () => {},
    'gives a pattern as a string, as pomelo-rpc wants them': (answer: Answer) => answer(null, ['10.0.0.1', '10\\..*']),
  };
  for (const [form, whitelist] of Object.entries(failures)) {
    it(`${form} lets nobody in, and it is logged`, async () => {
      const { admits, lines } = setUp(whitelist);
      assert.equal(await admits('10.0.0.1'), false);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /whitelist/);
    });
  }
});
