import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PACKAGE } from '../../../lib/package.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import type { KeptFollower } from './follower.js';
import { followOn, machineOn, registrationOn } from './on-memory.js';

const put = (store: MemoryStore, key: string, value: unknown): void =>
  void store.commit([], [{ type: 'put', key, value: typeof value === 'string' ? value : JSON.stringify(value) }], []);

const record = (id: string, more: object = {}) => ({
  v: 1,
  ...{
    id,
    serverType: 'chat',
    url: 'tcp://10.0.0.5:3333',
    state: 'ready',
    instance: 'i',
    machine: 'm',
    version: '0.1.0',
  },
  ...{ started: 1, ttl: 10_000 },
  ...more,
});

const ids = (follower: KeptFollower): string[] => (follower.entries.at(-1) ?? []).map(({ id }) => id).sort();
const untilIds = (follower: KeptFollower, wanted: readonly string[]): Promise<unknown> =>
  until(() => follower.entries.length > 0 && ids(follower).join() === wanted.join(), {
    what: `the ids ${wanted.join()}`,
  });

describe('the roster of a registry', () => {
  it('gives the servers that are registered, and each change', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const machine = machineOn(store);
    const follower = followOn(t, machine);
    await untilIds(follower, []);
    const first = registrationOn(t, machineOn(store), { weight: 2, fields: { region: 'eu' } });
    await first.registration.register(5_000);
    await untilIds(follower, ['chat-1']);
    const { instance, started, version, ...entry } = follower.entries.at(-1)?.[0] ?? { id: '' };
    assert.deepEqual(entry, { region: 'eu', id: 'chat-1', serverType: 'chat', url: 'tcp://10.0.0.5:3333', weight: 2 });
    assert.deepEqual([typeof instance, typeof started, version], ['string', 'number', PACKAGE.version]);
    await registrationOn(t, machineOn(store), { id: 'chat-2' }).registration.register(5_000);
    await untilIds(follower, ['chat-1', 'chat-2']);
    await first.registration.drain();
    await until(() => follower.draining.at(-1) === 'chat-1', { what: 'the drain' });
    await first.registration.leave();
    await untilIds(follower, ['chat-2']);
    assert.deepEqual(follower.failures, []);
  });

  it('is read once for all followers of the registry, and gives a late one the list at once', async (t) => {
    const store = new MemoryStore();
    put(store, 'nodes/chat/chat-1', record('chat-1'));
    const machine = machineOn(store);
    const first = followOn(t, machine);
    await untilIds(first, ['chat-1']);
    const second = followOn(t, machine);
    assert.deepEqual(ids(second), ['chat-1']);
    assert.equal(machine.opened.length, 1);
  });

  it('closes the engine with the last follower, and opens another one for the next', async (t) => {
    const machine = machineOn(new MemoryStore());
    const follower = machine.registry.follow(followOn(t, machineOn(new MemoryStore())));
    follower.close();
    await until(() => !machine.engine().state.connected, { what: 'the end of the engine' });
    await untilIds(followOn(t, machine), []);
    assert.equal(machine.opened.length, 2);
  });

  it('keeps the last list while the registry is away, and then sees what has changed meanwhile', async (t) => {
    const store = new MemoryStore();
    for (const id of ['chat-1', 'chat-2']) put(store, `nodes/chat/${id}`, record(id));
    const machine = machineOn(store);
    const follower = followOn(t, machine);
    await untilIds(follower, ['chat-1', 'chat-2']);
    machine.engine().link = 'cut';
    await until(() => follower.failures.length > 0, { what: 'the failure' });
    assert.equal(follower.failures[0]?.code, 'ERR_RPC_REGISTRY');
    store.commit([], [{ type: 'delete', key: 'nodes/chat/chat-1' }], []);
    put(store, 'nodes/chat/chat-3', record('chat-3'));
    assert.deepEqual(ids(follower), ['chat-1', 'chat-2']);
    machine.engine().link = 'open';
    await untilIds(follower, ['chat-2', 'chat-3']);
  });

  it('reads everything again after a restart and after a compaction', async (t) => {
    const store = new MemoryStore();
    const follower = followOn(t, machineOn(store));
    await untilIds(follower, []);
    for (let turn = 1; turn <= 3; turn++) {
      store.restart();
      put(store, `nodes/chat/chat-${turn}`, record(`chat-${turn}`));
      store.compact();
      await until(() => ids(follower).length === turn, { what: `server ${turn}` });
    }
  });

  it('keeps the servers of a store that was emptied until they have registered in the new one', async (t) => {
    const store = new MemoryStore();
    for (const id of ['chat-1', 'chat-2']) put(store, `nodes/chat/${id}`, record(id));
    const follower = followOn(t, machineOn(store));
    await untilIds(follower, ['chat-1', 'chat-2']);
    const seen = follower.entries.length;
    store.wipe();
    put(store, 'nodes/chat/chat-1', record('chat-1', { url: 'tcp://10.0.0.9:3333' }));
    await until(() => follower.entries.at(-1)?.some(({ url }) => url === 'tcp://10.0.0.9:3333'), {
      what: 'the new list',
    });
    for (const entries of follower.entries.slice(seen)) assert.equal(entries.length, 2);
    assert.deepEqual(follower.log, [
      'mailstation: the registry of the test: its store is another one, emptied or restored: the servers of the last list stay for 10 s, in which they register again',
    ]);
  });

  for (const [what, value, why] of [
    ['no JSON', '<html>', 'is no JSON'],
    ['of somebody else', '"up"', 'is no record of a server'],
    ['of somebody else, too', { host: '10.0.0.5' }, 'is no record of a server'],
    ['of a newer version', { ...record('chat-1'), v: 2 }, 'is a record of version 2, and this package reads version 1'],
    ['of another key', record('chat-9'), 'has another id or type than its key'],
    ['without a place', record('chat-1', { url: 'http://10.0.0.5' }), 'has no url of a known transport'],
    ['incomplete', record('chat-1', { started: 'now' }), 'lacks fields of a record'],
    ['in an unknown state', record('chat-1', { state: 'up' }), 'lacks fields of a record'],
    ['with a weight of 0', record('chat-1', { weight: 0 }), 'has a weight that is no number above 0'],
    ['with a list of fields', record('chat-1', { fields: [] }), 'has fields that are no object'],
  ] as const) {
    it(`leaves a record out that is ${what}, with one line, and keeps the last one that could be read`, async (t) => {
      const store = new MemoryStore();
      put(store, 'nodes/chat/chat-1', value);
      put(store, 'nodes/chat/chat-2', record('chat-2'));
      const machine = machineOn(store);
      const follower = followOn(t, machine);
      await untilIds(follower, ['chat-2']);
      const line = `mailstation: the registry of the test: the value of the key "nodes/chat/chat-1" ${why}: the server`;
      assert.deepEqual(follower.log, [`${line} is left out`]);
      put(store, 'nodes/chat/chat-1', record('chat-1'));
      await untilIds(follower, ['chat-1', 'chat-2']);
      put(store, 'nodes/chat/chat-1', value);
      await until(() => follower.log.length > 1, { what: 'the line' });
      store.restart();
      await until(() => follower.failures.length > 0, { what: 'the restart' });
      put(store, 'nodes/chat/chat-3', record('chat-3'));
      await untilIds(follower, ['chat-1', 'chat-2', 'chat-3']);
      assert.deepEqual(follower.log, [`${line} is left out`, `${line} keeps its last record`]);
    });
  }

  it('takes maxServers servers, keeps those that it knew, and logs the number of the others once', async (t) => {
    const store = new MemoryStore();
    for (const id of ['chat-5', 'chat-6']) put(store, `nodes/chat/${id}`, record(id));
    const follower = followOn(t, machineOn(store, { maxServers: 2 }));
    await untilIds(follower, ['chat-5', 'chat-6']);
    for (const id of ['chat-1', 'chat-2']) put(store, `nodes/chat/${id}`, record(id));
    await until(() => follower.log.length > 0, { what: 'the line' });
    store.commit([], [{ type: 'delete', key: 'nodes/chat/chat-5' }], []);
    await untilIds(follower, ['chat-1', 'chat-6']);
    assert.deepEqual(follower.log, [
      'mailstation: the registry of the test: 3 servers are registered, and maxServers is 2: the others are left out',
    ]);
  });

  it('leaves the second of two servers out that have one id and different types', async (t) => {
    const store = new MemoryStore();
    put(store, 'nodes/area/one', record('one', { serverType: 'area' }));
    put(store, 'nodes/chat/one', record('one'));
    const follower = followOn(t, machineOn(store));
    await untilIds(follower, ['one']);
    assert.equal(follower.entries.at(-1)?.[0]?.serverType, 'area');
    assert.deepEqual(follower.log, [
      'mailstation: the registry of the test: two servers have the id "one", and an id is unique over all types: that of the key "nodes/chat/one" is left out',
    ]);
  });
});
