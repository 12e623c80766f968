import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { HashRing } from '../../router/hash-ring.js';
import { manyServers, seeded, serversOf } from './support.js';

const OPTIONS = { replicas: 20, algorithm: 'md5' };
const KEYS = Array.from({ length: 2000 }, (_, index) => `key-${index}`);

/** Written from the definition, without any of the ring's arithmetic: the last point at or before the key, else the last. */
function expectedOwner(ids: readonly string[], key: string, { replicas, algorithm } = OPTIONS): string | undefined {
  const digest = (text: string) => BigInt(`0x${createHash(algorithm).update(text).digest('hex')}`);
  const points = ids.flatMap((id) => Array.from({ length: replicas }, (_, at) => ({ id, at: digest(`${id}:${at}`) })));
  points.sort((a, b) => (a.at < b.at ? -1 : 1));
  const position = digest(key);
  return (points.findLast(({ at }) => at <= position) ?? points.at(-1))?.id;
}

describe('HashRing', () => {
  for (const options of [OPTIONS, { replicas: 1, algorithm: 'md5' }, { replicas: 7, algorithm: 'sha256' }]) {
    it(`finds the owner by definition: ${options.algorithm}, ${options.replicas} points a server`, () => {
      const ids = ['alpha', 'beta', 'gamma', 'delta', '用户-1'];
      const ring = HashRing.empty(options).with(serversOf(ids));
      // A key that is a point's own text lies exactly on it.
      for (const key of [...KEYS.slice(0, 300), 'alpha:0', 'beta:0', 'gamma:0'])
        assert.equal(ring.find(key)?.id, expectedOwner(ids, key, options));
    });
  }

  it('gives the keys before its first point to its last one', () => {
    const ring = HashRing.empty({ replicas: 1, algorithm: 'md5' }).with(serversOf(['a', 'b']));
    const firstPoint = ['a:0', 'b:0'].map((text) => createHash('md5').update(text).digest('hex')).sort()[0] ?? '';
    const before = KEYS.filter((key) => createHash('md5').update(key).digest('hex') < firstPoint);
    assert.ok(before.length > 0);
    for (const key of before)
      assert.equal(ring.find(key)?.id, expectedOwner(['a', 'b'], key, { replicas: 1, algorithm: 'md5' }));
  });

  it('is the same ring however it came to its members', () => {
    const random = seeded(8);
    const pool = Array.from({ length: 30 }, (_, index) => `server-${index}`);
    let ring = HashRing.empty(OPTIONS);
    for (let step = 0; step < 60; step++) {
      const ids = pool.filter(() => random() < 0.5).sort(() => random() - 0.5);
      ring = ring.with(serversOf(ids));
      assert.equal(ring.size, ids.length * OPTIONS.replicas);
      const fresh = HashRing.empty(OPTIONS).with(serversOf([...ids].sort()));
      for (const key of KEYS.slice(0, 100))
        assert.equal(ring.find(key)?.id, fresh.find(key)?.id, `step ${step}, ${key}`);
    }
  });

  it('settles points that meet by id, not by order of joining', () => {
    // The md5 of `server-8524626:0` and of `server-41357512:0` both begin with 66c3cec555fa: a pair in 45 million.
    const pair = ['server-8524626', 'server-41357512'];
    const options = { replicas: 1, algorithm: 'md5' };
    const join = (...lists: string[][]) =>
      lists.reduce((ring, ids) => ring.with(serversOf(ids)), HashRing.empty(options));
    const [one = '', two = ''] = pair;
    const rings = [join(pair), join([two, one]), join([one], pair), join([two], pair), join([two], [one, two])];
    for (const ring of rings) {
      for (const key of KEYS.slice(0, 20)) assert.equal(ring.find(key)?.id, 'server-8524626');
    }
    assert.equal(join(pair, [two]).find('key')?.id, two, 'the other point is still there');
    assert.equal(join(pair, [one], pair).find('key')?.id, one);
  });

  it('hands out the entries of its own snapshot', () => {
    const ring = HashRing.empty(OPTIONS).with(serversOf('ab'));
    const moved = serversOf('ba', { a: { port: 4444 } });
    const next = ring.with(moved);
    for (const key of KEYS.slice(0, 50)) {
      assert.equal(next.find(key)?.id, ring.find(key)?.id);
      assert.ok(moved.includes(next.find(key) ?? assert.fail('no owner')));
    }
  });

  it('has no owner for anything when it is empty', () => {
    assert.equal(HashRing.empty(OPTIONS).find('key'), undefined);
    assert.equal(HashRing.empty(OPTIONS).with(serversOf('ab')).with(serversOf('')).find('key'), undefined);
  });

  it('leaves the ring that it was made from as it was', () => {
    const ring = HashRing.empty(OPTIONS).with(manyServers(5));
    const owners = KEYS.map((key) => ring.find(key)?.id);
    ring.with(manyServers(3));
    ring.with(manyServers(9));
    assert.deepEqual(
      KEYS.map((key) => ring.find(key)?.id),
      owners,
    );
  });
});
