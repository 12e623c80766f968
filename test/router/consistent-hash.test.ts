import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import type { RpcMessage } from '../../lib/rpc-message.js';
import type { NonEmpty, ServerInfo } from '../../lib/server-info.js';
import { type ConsistentHashOptions, consistentHash } from '../../router/consistent-hash.js';
import type { Router } from '../../router/router.js';
import { IDLE, manyServers, messageWith, requestOf, serversOf, tally } from './support.js';

interface PomeloRing {
  getNode(key: string): string;
}
type PomeloRingClass = new (ids: readonly string[], opts: object) => PomeloRing;
const require = createRequire(import.meta.url);
const ConsistentHash: PomeloRingClass = require('pomelo-rpc/lib/util/consistentHash.js');

function pomeloRing(servers: readonly ServerInfo[], opts: object = {}): PomeloRing {
  const station = { on: () => {} };
  return new ConsistentHash(
    servers.map(({ id }) => id),
    { station, ...opts },
  );
}

function pickFor(router: Router, servers: NonEmpty<ServerInfo>, msg: RpcMessage, serverType = 'test'): string {
  return router.pick(servers, requestOf({ msg, serverType }), IDLE).id;
}

const KEYS = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);

/** Where each of {@link KEYS} goes. */
function placesOf(router: Router, servers: NonEmpty<ServerInfo>): string[] {
  return KEYS.map((key) => pickFor(router, servers, messageWith(key)));
}

describe('consistentHash', () => {
  for (const options of [{}, { replicas: 1 }, { replicas: 160, algorithm: 'sha1' }]) {
    it(`puts keys where pomelo-rpc puts them, with ${JSON.stringify(options)}`, () => {
      const servers = manyServers(9);
      const theirs = pomeloRing(servers, options);
      const byField = consistentHash({ hashFieldIndex: 0, ...options });
      const byMessage = consistentHash(options);
      for (const key of KEYS.slice(0, 500)) {
        assert.equal(pickFor(byField, servers, messageWith(key)), theirs.getNode(key));
        const msg = messageWith(key, 1);
        assert.equal(pickFor(byMessage, servers, msg), theirs.getNode(JSON.stringify(msg)));
      }
    });
  }

  it('gives each of 8 servers about an eighth of 10,000 keys', () => {
    const counts = tally(placesOf(consistentHash({ hashFieldIndex: 0 }), manyServers(8)));
    assert.equal(Object.keys(counts).length, 8);
    for (const count of Object.values(counts)) assert.ok(Math.abs(count - 1250) < 400, `${count} of 10,000`);
  });

  it('spreads more evenly with more replicas', () => {
    const unevenness = (replicas: number) => {
      const counts = Object.values(tally(placesOf(consistentHash({ hashFieldIndex: 0, replicas }), manyServers(8))));
      return Math.max(...counts) - Math.min(...counts);
    };
    assert.ok(unevenness(1000) < unevenness(100));
    assert.ok(unevenness(100) < unevenness(2));
  });

  it('moves only the keys of the server that leaves', () => {
    const router = consistentHash({ hashFieldIndex: 0 });
    const before = placesOf(router, manyServers(10));
    const after = placesOf(
      router,
      serversOf(
        manyServers(10)
          .map(({ id }) => id)
          .filter((id) => id !== 'test-4'),
      ),
    );
    for (const [at, was] of before.entries()) {
      if (was === 'test-4') assert.notEqual(after[at], 'test-4');
      else assert.equal(after[at], was);
    }
    const heirs = tally(after.filter((_, at) => before[at] === 'test-4'));
    assert.ok(Object.keys(heirs).length >= 8, 'its keys are shared out among the others');
  });

  it('moves only the keys that go to the server that joins', () => {
    const router = consistentHash({ hashFieldIndex: 0 });
    const before = placesOf(router, manyServers(10));
    const after = placesOf(router, manyServers(11));
    for (const [at, now] of after.entries())
      assert.ok(now === before[at] || now === 'test-11', `${before[at]} -> ${now}`);
    assert.ok((tally(after)['test-11'] ?? 0) > 600);
  });

  it('puts every key back when the server that left is there again', () => {
    const router = consistentHash({ hashFieldIndex: 0 });
    const before = placesOf(router, manyServers(10));
    placesOf(router, manyServers(3));
    pickFor(router, serversOf('a'), messageWith('x'));
    assert.deepEqual(placesOf(router, manyServers(10)), before);
  });

  it('does not depend on the order of the list', () => {
    const backwards = serversOf(
      manyServers(10)
        .map(({ id }) => id)
        .reverse(),
    );
    const router = consistentHash({ hashFieldIndex: 0 });
    assert.deepEqual(placesOf(router, backwards), placesOf(consistentHash({ hashFieldIndex: 0 }), manyServers(10)));
  });

  it('computes points once for each server that joins, type by type, retries on fewer servers included', (t) => {
    const digests = t.mock.method(crypto, 'hash');
    syncBuiltinESMExports();
    t.after(() => {
      digests.mock.restore();
      syncBuiltinESMExports();
    });
    const router = consistentHash();
    const computedFor = (servers: NonEmpty<ServerInfo>, serverType?: string) => {
      digests.mock.resetCalls();
      pickFor(router, servers, messageWith('x'), serverType);
      return digests.mock.callCount() - 1; // the key's own
    };
    const ten = manyServers(10);
    assert.equal(computedFor(ten), 1000, 'all of the first list');
    assert.equal(computedFor(ten), 0, 'the same list');
    assert.equal(computedFor(manyServers(11)), 100, 'one joins');
    assert.equal(computedFor(manyServers(9)), 0, 'two leave');
    assert.equal(computedFor(serversOf('abc'), 'gate'), 300, 'another type');
    assert.equal(computedFor(manyServers(10)), 100, 'one comes back to the first type');
    assert.equal(computedFor(ten), 0, 'the first list again');
  });

  it('looks at the servers of a snapshot once, also when a shorter list came in between', () => {
    let looks = 0;
    const serverOf = (port: number) => ({
      serverType: 'test',
      port,
      get id() {
        looks++;
        return `test-${port}`;
      },
    });
    const servers: NonEmpty<ServerInfo> = [serverOf(1), serverOf(2), serverOf(3)];
    const router = consistentHash();
    const looksOf = (list: NonEmpty<ServerInfo>) => {
      const before = looks;
      router.pick(list, requestOf(), IDLE);
      return looks - before;
    };
    assert.ok(looksOf(servers) > 0);
    assert.equal(looksOf(servers), 0);
    looksOf([servers[0], serverOf(2)]);
    assert.equal(looksOf(servers), 0);
  });

  describe('key', () => {
    const servers = manyServers(50);
    const theirs = pomeloRing(servers);
    const pick = (options: ConsistentHashOptions, msg: RpcMessage) => pickFor(consistentHash(options), servers, msg);

    it('is the argument at hashFieldIndex and no other', () => {
      for (const key of KEYS.slice(0, 50)) {
        assert.equal(pick({ hashFieldIndex: 1 }, messageWith('other', key)), theirs.getNode(key));
      }
    });

    const written: readonly (readonly [unknown, string])[] = [
      [42, '42'],
      [0, '0'],
      ['', ''],
      [false, 'false'],
      [12345678901234567890n, '12345678901234567890'],
      [{ id: 7 }, '{"id":7}'],
      [['a', 1], '["a",1]'],
      [Buffer.from('user-1'), 'user-1'],
      [new Uint8Array([97, 98]), 'ab'],
    ];
    for (const [argument, key] of written) {
      it(`is ${JSON.stringify(key)} for the ${typeof argument} ${String(argument)}`, () => {
        assert.equal(pick({ hashFieldIndex: 0 }, messageWith(argument)), theirs.getNode(key));
      });
    }

    it('is the JSON of the message when the argument is undefined, null or not there', () => {
      for (const msg of [messageWith('a', undefined), messageWith('a', null), messageWith('b')]) {
        assert.equal(pick({ hashFieldIndex: 1 }, msg), theirs.getNode(JSON.stringify(msg)));
      }
    });

    it('is namespace.module.method for what JSON cannot write', () => {
      const cycle: Record<string, unknown> = {};
      cycle['self'] = cycle;
      const silent = { toJSON: () => undefined };
      const failing = {
        toJSON: () => {
          throw new Error('no');
        },
      };
      for (const argument of [cycle, { big: 1n }, failing]) {
        assert.equal(pick({}, messageWith(argument)), theirs.getNode('user.module1.func1'));
        assert.equal(pick({ hashFieldIndex: 0 }, messageWith(argument)), theirs.getNode('user.module1.func1'));
      }
      assert.equal(pick({ hashFieldIndex: 0 }, messageWith(silent)), theirs.getNode('user.module1.func1'));
    });

    it('is not made when there is one server', () => {
      const request = {
        serverType: 'test',
        routeParam: undefined,
        get msg(): never {
          throw new Error('built');
        },
      };
      assert.equal(consistentHash().pick(serversOf('a'), request, IDLE).id, 'a');
    });
  });

  describe('options', () => {
    const wrong: readonly (readonly [string, ConsistentHashOptions])[] = [
      ['replicas', { replicas: 0 }],
      ['replicas', { replicas: 1.5 }],
      ['replicas', { replicas: 10_001 }],
      ['algorithm', { algorithm: 'md55' }],
      ['algorithm', { algorithm: '' }],
      ['algorithm', { algorithm: 5 as unknown as string }],
      ['hashFieldIndex', { hashFieldIndex: -1 }],
      ['hashFieldIndex', { hashFieldIndex: '0' as unknown as number }],
    ];
    for (const [name, options] of wrong) {
      it(`refuses ${JSON.stringify(options)}`, () => {
        const named = { code: RpcCode.InvalidArgument, message: new RegExp(`^${name} must be`) };
        assert.throws(() => consistentHash(options), named);
      });
    }

    it('takes undefined for "not given"', () => {
      const given = consistentHash({ replicas: undefined, algorithm: undefined, hashFieldIndex: undefined });
      const msg = messageWith('x');
      assert.equal(pickFor(given, manyServers(9), msg), pickFor(consistentHash(), manyServers(9), msg));
    });
  });
});
