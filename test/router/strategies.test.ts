import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import { createStrategy, ROUTER_NAMES, type RouterName } from '../../router/strategies.js';
import { IDLE, manyServers, messageWith, picks, requestOf, serversOf } from './support.js';

describe('createStrategy', () => {
  const names: Readonly<Record<RouterName, string>> = {
    df: 'df',
    default: 'default',
    rd: 'random',
    random: 'random',
    rr: 'round-robin',
    'round-robin': 'round-robin',
    wrr: 'weighted-round-robin',
    'weighted-round-robin': 'weighted-round-robin',
    la: 'least-active',
    'least-active': 'least-active',
    ch: 'consistent-hash',
    'consistent-hash': 'consistent-hash',
    p2c: 'power-of-two',
    'power-of-two': 'power-of-two',
  };
  for (const [given, name] of Object.entries(names)) {
    it(`makes ${name} for ${given}, which names its one server at once`, () => {
      const router = createStrategy(given as RouterName);
      assert.equal(router.name, name);
      assert.deepEqual(picks(router, serversOf('a'), 2), ['a', 'a']);
    });
  }

  it('knows no other names', () => {
    assert.deepEqual([...ROUTER_NAMES].sort(), Object.keys(names).sort());
    for (const name of ['nearest', '', 'RR', 'constructor', '__proto__', 'toString']) {
      const lists = { code: RpcCode.InvalidArgument, message: /must be one of df, default, rd, .*, got "/ };
      assert.throws(() => createStrategy(name as RouterName), lists, name);
    }
  });

  it('makes a new router each time', () => {
    picks(createStrategy('rr'), serversOf('ab'), 1);
    assert.deepEqual(picks(createStrategy('rr'), serversOf('ab'), 1), ['a']);
  });

  it('hands the random source to random and power-of-two', () => {
    for (const name of ['rd', 'random', 'p2c', 'power-of-two'] as const) {
      assert.equal(
        picks(createStrategy(name, { random: () => 0.99 }), serversOf('abc'), 9).join(''),
        'c'.repeat(9),
        name,
      );
    }
  });

  it('hands replicas, algorithm and hashFieldIndex to consistent-hash', () => {
    const places = (options: object) => {
      const router = createStrategy('ch', options);
      const place = (_: unknown, index: number) =>
        router.pick(manyServers(9), requestOf({ msg: messageWith(index, `k${index}`) }), IDLE).id;
      return Array.from({ length: 60 }, place).join();
    };
    const all = [{}, { replicas: 7 }, { algorithm: 'sha1' }, { hashFieldIndex: 0 }, { hashFieldIndex: 1 }].map(places);
    assert.equal(new Set(all).size, 5);
  });

  it('refuses a random source that is no function', () => {
    const random = 0.5 as unknown as () => number;
    assert.throws(() => createStrategy('rd', { random }), {
      code: RpcCode.InvalidArgument,
      message: /^random must be/,
    });
  });
});
