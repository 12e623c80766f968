import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { defaultRouter, pomeloRouter } from '../../router/default-router.js';
import { IDLE, manyServers, picks, requestOf, serversOf, tally } from './support.js';

type Callback = (error: Error | null, serverId: string) => void;
type PomeloRoute = (session: unknown, msg: { serverType: string }, context: unknown, cb: Callback) => void;
const require = createRequire(import.meta.url);
const pomelo: { df: PomeloRoute } = require('pomelo-rpc/lib/rpc-client/router.js');

function pick(routeParam: unknown, servers = manyServers(7)): string {
  return pomeloRouter().pick(servers, requestOf({ routeParam }), IDLE).id;
}

function pomeloPick(routeParam: unknown, servers = manyServers(7)): string | undefined {
  let picked: string | undefined;
  const context = { getServersByType: () => servers };
  pomelo.df(routeParam, { serverType: 'test' }, context, (_error, serverId) => {
    picked = serverId;
  });
  return picked;
}

describe('pomeloRouter', () => {
  it('names the server that pomelo-rpc names, for lists of 1 to 40', () => {
    for (let count = 1; count <= 40; count++) {
      const servers = manyServers(count);
      for (let uid = 0; uid < 200; uid++) {
        assert.equal(pick({ uid: `user-${uid}` }, servers), pomeloPick({ uid: `user-${uid}` }, servers));
        assert.equal(pick({ uid }, servers), pomeloPick({ uid }, servers));
      }
    }
  });

  const odd: readonly unknown[] = [
    undefined,
    null,
    '',
    0,
    'a string',
    42,
    true,
    {},
    { uid: undefined },
    { uid: null },
    { uid: 0 },
    { uid: '' },
    { uid: false },
    { uid: Number.NaN },
    { uid: -1.5 },
    { uid: 12345678901234567890n },
    { uid: ['a', 'b'] },
    { uid: 'Å' },
    { uid: '用户' },
    { uid: '😀' },
  ];
  for (const routeParam of odd) {
    const shown = (routeParam as { uid?: unknown } | null | undefined)?.uid ?? routeParam;
    it(`does so for ${typeof routeParam} ${String(shown)}`, () => {
      assert.equal(pick(routeParam), pomeloPick(routeParam));
    });
  }

  // crc32('123456789') is 0xcbf43926, the check value of its definition: as a signed integer -873187034.
  it('reads the checksum as a signed integer and takes its amount', () => {
    assert.equal(pick({ uid: '123456789' }, manyServers(1000)), `test-${(873187034 % 1000) + 1}`);
  });

  it('spreads 10,000 users evenly', () => {
    const counts = tally(Array.from({ length: 10_000 }, (_, uid) => pick({ uid })));
    assert.equal(Object.keys(counts).length, 7);
    for (const count of Object.values(counts)) assert.ok(Math.abs(count - 10_000 / 7) < 150, `${count} of 10,000`);
  });

  it('only ever names servers of the list it is given, as it shrinks to one', () => {
    for (const ids of ['abcd', 'abd', 'ab', 'b']) {
      for (let uid = 0; uid < 50; uid++) assert.ok(ids.includes(pick({ uid }, serversOf(ids))));
    }
  });

  it('does not look at the routeParam when there is one server', () => {
    const routeParam = {
      get uid(): never {
        throw new Error('looked');
      },
    };
    assert.equal(pick(routeParam, serversOf('a')), 'a');
  });
});

describe('defaultRouter', () => {
  const pickWith = (router: ReturnType<typeof defaultRouter>, routeParam: unknown, servers = manyServers(7)) =>
    router.pick(servers, requestOf({ routeParam }), IDLE).id;

  it('names the server that pomelo-rpc names for each uid, 0 and false included', () => {
    const router = defaultRouter();
    for (const uid of ['anna', 'ben', 0, 1, -1.5, false, Number.NaN, ['a', 'b']]) {
      for (let again = 0; again < 3; again++) assert.equal(pickWith(router, { uid }), pomeloPick({ uid }), String(uid));
    }
  });

  for (const routeParam of [undefined, null, '', 'a string', 42, {}, { uid: undefined }, { uid: null }, { uid: '' }]) {
    it(`takes the servers in turn for ${JSON.stringify(routeParam) ?? 'undefined'}, which has no uid`, () => {
      const router = defaultRouter();
      const picked = Array.from({ length: 14 }, () => pickWith(router, routeParam));
      assert.deepEqual(picked.slice(7), picked.slice(0, 7));
      assert.equal(new Set(picked).size, 7);
    });
  }

  it('begins with a random server, and goes on in the order of the list', () => {
    const from = (random: number) =>
      picks(
        defaultRouter(() => random),
        serversOf('abc'),
        4,
      ).join('');
    assert.deepEqual([from(0), from(0.5), from(0.99)], ['abca', 'bcab', 'cabc']);
  });

  it('has a turn of its own for each server type', () => {
    const router = defaultRouter(() => 0);
    const next = (serverType: string) => router.pick(serversOf('ab'), requestOf({ serverType }), IDLE).id;
    assert.deepEqual([next('x'), next('y'), next('x'), next('y')], ['a', 'a', 'b', 'b']);
  });
});
