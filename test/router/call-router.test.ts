import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeldCalls } from '../../lib/call/held-calls.js';
import { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { CallRouter, type RouterLike, type RouterName, resolveRouter } from '../../router/index.js';
import { manyServers, seeded } from './support.js';

const METHOD = new RemoteMethod({ namespace: 'user', serverType: 'test', service: 'm', method: 'f' });

class CallOf extends OutgoingCall {
  readonly #excludes: ReadonlySet<string>;

  constructor(uid: number, excludes: ReadonlySet<string> = new Set()) {
    super(METHOD, [uid], 1_000, false, {}, { uid }, () => {});
    this.#excludes = excludes;
  }

  override get excludes(): ReadonlySet<string> {
    return this.#excludes;
  }
}

function setUp(like: RouterLike, servers = manyServers(5)) {
  const left = { out: new Set<string>() };
  const targets: string[] = [];
  let candidates: readonly ServerInfo[] = servers;
  const router = new CallRouter(
    {
      next: { send: (call) => void targets.push(call.serverId ?? '') },
      roster: {
        servers: () => servers,
        candidates: () => candidates,
        inFlight: () => 0,
        latency: () => undefined,
        isConnected: () => false,
        onReachable() {},
      },
      held: new HeldCalls((call) => call.expire()),
    },
    resolveRouter(like, { random: seeded(1), hashFieldIndex: 0 }),
    undefined,
  );
  const eject = (...ids: string[]) => {
    left.out = new Set(ids);
    candidates = ids.length === 0 ? servers : Object.freeze(servers.filter(({ id }) => !left.out.has(id)));
  };
  /** Where the call for this user goes. */
  const route = (uid: number, tried?: ReadonlySet<string>): string | undefined => {
    router.send(new CallOf(uid, tried));
    return targets.pop();
  };
  const all = (tried?: ReadonlySet<string>) => Array.from({ length: 500 }, (_, uid) => route(uid, tried));
  return { eject, route, all, targets, router };
}

const NAMES: readonly RouterName[] = ['df', 'rd', 'rr', 'wrr', 'la', 'ch', 'p2c'];

describe('CallRouter', () => {
  for (const name of NAMES) {
    it(`${name}: chooses none that is ejected, and all of them when they are back`, () => {
      const { eject, all } = setUp(name);
      const before = new Set(all());
      assert.equal(before.size, 5);
      eject('test-2', 'test-5');
      assert.deepEqual([...new Set(all())].sort(), ['test-1', 'test-3', 'test-4']);
      eject();
      assert.equal(new Set(all()).size, 5);
    });

    it(`${name}: chooses none that was tried, ejected ones last of all`, () => {
      const { eject, all } = setUp(name);
      eject('test-2');
      assert.deepEqual([...new Set(all(new Set(['test-1', 'test-3'])))].sort(), ['test-4', 'test-5']);
      assert.deepEqual([...new Set(all(new Set(['test-1', 'test-3', 'test-4', 'test-5'])))], ['test-2']);
    });
  }

  for (const name of ['df', 'ch'] as const) {
    it(`${name}: an ejected server's keys move, and no others; they come back with it`, () => {
      const { eject, all } = setUp(name);
      const before = all();
      eject('test-3');
      const during = all();
      for (const [uid, server] of before.entries()) {
        if (server === 'test-3') assert.notEqual(during[uid], 'test-3');
        else assert.equal(during[uid], server);
      }
      assert.deepEqual(during, all(), 'and stay where they have moved to');
      eject();
      assert.deepEqual(all(), before);
    });
  }

  it('takes the next in the list where a function insists on one that was tried', () => {
    const { route } = setUp(() => 'test-4');
    assert.equal(route(1, new Set(['test-4'])), 'test-5');
    assert.equal(route(1, new Set(['test-4', 'test-5', 'test-1'])), 'test-2');
    assert.equal(route(1), 'test-4');
  });

  it('lets a function have a server that is ejected, or that no list has', () => {
    const { route, eject } = setUp((uid: unknown) => ((uid as { uid: number }).uid === 1 ? 'test-1' : 'elsewhere'));
    eject('test-1');
    assert.deepEqual([route(1), route(2)], ['test-1', 'elsewhere']);
  });

  it('asks a function that answers later likewise', async () => {
    const { route, targets, router } = setUp(async () => 'test-5');
    route(1, new Set(['test-5']));
    router.send(new CallOf(2, new Set(['test-5'])));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(targets, ['test-1', 'test-1']);
  });
});
