import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PACKAGE } from '../../../lib/package.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { CHAT_1, machineOn, recordsIn, registrationOn, TTL, untilRecords } from './on-memory.js';

const KEY = 'nodes/chat/chat-1';

describe('a registration', () => {
  it('puts the record of the server under a lease, and removes it when the server leaves', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const machine = machineOn(store);
    const { registration } = registrationOn(t, machine, { weight: 2, fields: { region: 'eu' } });
    await registration.register(5_000);
    const [entry] = store.list('nodes/').entries;
    const { instance, machine: name, started, ...record } = JSON.parse(entry?.value ?? '{}');
    assert.equal(entry?.key, KEY);
    assert.match(entry?.lease ?? '', /^[\da-f]{16}$/);
    assert.deepEqual(record, {
      v: 1,
      ...{ id: 'chat-1', serverType: 'chat', url: 'tcp://10.0.0.5:3333', state: 'ready' },
      ...{ version: PACKAGE.version, ttl: TTL, weight: 2, fields: { region: 'eu' } },
    });
    assert.deepEqual([typeof instance, typeof name, typeof started], ['string', 'string', 'number']);
    await registration.leave();
    assert.deepEqual(recordsIn(store), []);
    assert.equal(machine.engine().state.connected, false);
  });

  it('keeps the record for longer than the lease', async (t) => {
    const store = new MemoryStore();
    const { registration, lines } = registrationOn(t, machineOn(store));
    await registration.register(5_000);
    const [first] = store.list('nodes/').entries;
    await new Promise((resolve) => setTimeout(resolve, TTL * 1.5));
    assert.deepEqual(store.list('nodes/').entries, [first]);
    assert.deepEqual(lines, []);
  });

  it('says that the server drains, under the same lease, and waits until that was heard', async (t) => {
    const store = new MemoryStore();
    const { registration } = registrationOn(t, machineOn(store));
    await registration.register(5_000);
    const [before] = store.list('nodes/').entries;
    await registration.drain();
    assert.deepEqual(recordsIn(store), ['chat-1 draining']);
    assert.equal(store.list('nodes/').entries[0]?.lease, before?.lease);
    await registration.leave();
    assert.deepEqual(recordsIn(store), []);
  });

  it('drains and leaves within about a second each while the registry is away', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    const { registration } = registrationOn(t, machine);
    await registration.register(5_000);
    machine.engine().link = 'swallowed';
    const startedAt = performance.now();
    await registration.drain();
    await registration.leave();
    assert.ok(performance.now() - startedAt < 2_800, `${performance.now() - startedAt}`);
    await untilRecords(store, []);
  });

  for (const [what, spoil] of [
    ['its lease is revoked', (store: MemoryStore) => store.revoke(store.list(KEY).entries[0]?.lease ?? '')],
    ['its record is removed by hand', (store: MemoryStore) => store.commit([], [{ type: 'delete', key: KEY }], [])],
    [
      'its record is put again without the lease',
      (store: MemoryStore) =>
        store.commit([], [{ type: 'put', key: KEY, value: store.list(KEY).entries[0]?.value ?? '' }], []),
    ],
    [
      'its record is overwritten',
      (store: MemoryStore) => store.commit([], [{ type: 'put', key: KEY, value: 'x' }], []),
    ],
    ['the store is emptied', (store: MemoryStore) => store.wipe()],
  ] as const) {
    it(`registers again within a second when ${what}, and logs both`, async (t) => {
      const store = new MemoryStore();
      const { registration, lines, errors } = registrationOn(t, machineOn(store));
      await registration.register(5_000);
      const lostAt = performance.now();
      spoil(store);
      await until(() => lines.some((line) => / is registered again, after \d+ ms$/.test(line)), { what: 'the line' });
      assert.ok(performance.now() - lostAt < 1_000, `${performance.now() - lostAt}`);
      assert.deepEqual(recordsIn(store), ['chat-1']);
      assert.match(store.list(KEY).entries[0]?.lease ?? '', /^[\da-f]{16}$/);
      assert.match(
        lines[0] ?? '',
        /^mailstation: server "chat-1" in the registry of the test is not registered any more: its (?:lease was lost \(gone\)|record was removed|record was replaced by another one); it registers again$/,
      );
      assert.deepEqual(errors, []);
    });
  }

  it('registers again when the registry was away for longer than the lease', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    const { registration, lines } = registrationOn(t, machine);
    await registration.register(5_000);
    machine.engine().link = 'cut';
    await untilRecords(store, []);
    machine.engine().link = 'open';
    await untilRecords(store, ['chat-1']);
    await until(() => lines.length === 2, { what: 'both lines' });
    assert.match(lines[0] ?? '', /its lease was lost \(expired\)/);
  });

  it('takes over the record of the process before at the same place, at once', async (t) => {
    const store = new MemoryStore();
    const before = machineOn(store, { ttl: 60_000 });
    await registrationOn(t, before).registration.register(5_000);
    await before.engine().close(); // as kill -9: the record stays for a minute
    const { registration } = registrationOn(t, machineOn(store));
    const startedAt = performance.now();
    await registration.register(5_000);
    assert.ok(performance.now() - startedAt < 500);
    assert.equal(JSON.parse(store.list(KEY).entries[0]?.value ?? '{}').ttl, TTL);
  });

  it('leaves the record of its successor alone', async (t) => {
    const store = new MemoryStore();
    const first = registrationOn(t, machineOn(store));
    await first.registration.register(5_000);
    await first.registration.drain();
    const second = registrationOn(t, machineOn(store));
    await second.registration.register(5_000);
    await first.registration.leave();
    assert.deepEqual(recordsIn(store), ['chat-1']);
    assert.deepEqual(first.lines, []);
  });

  it('waits for a dead server with the same id at another place', async (t) => {
    const store = new MemoryStore();
    const before = machineOn(store);
    await registrationOn(t, before, { url: 'tcp://10.0.0.6:3333' }).registration.register(5_000);
    await before.engine().close();
    const { registration } = registrationOn(t, machineOn(store));
    await registration.register(100);
    assert.match(store.list(KEY).entries[0]?.value ?? '', /10\.0\.0\.5/);
  });

  it('fails after the time of the lease and a second where that server lives, naming its address and start', async (t) => {
    const store = new MemoryStore();
    await registrationOn(t, machineOn(store), { url: 'tcp://10.0.0.6:3333' }).registration.register(5_000);
    const machine = machineOn(store);
    const { registration } = registrationOn(t, machine);
    const startedAt = performance.now();
    await assert.rejects(registration.register(5_000), {
      code: 'ERR_RPC_ID_IN_USE',
      serverId: 'chat-1',
      message:
        /^the server "chat-1" cannot be registered in the registry of the test: another server has that id, at tcp:\/\/10\.0\.0\.6:3333 on the machine ".+", started at \d{4}-\d\d-\d\dT[\d:.]+Z; stop one of the two, or give them different ids$/,
    });
    assert.ok(performance.now() - startedAt >= TTL + 1_000);
    assert.equal(machine.engine().state.connected, false);
    assert.match(store.list(KEY).entries[0]?.value ?? '', /10\.0\.0\.6/);
  });

  it('is not taken over by a server at the same address of loopback on another machine', async (t) => {
    const store = new MemoryStore();
    const url = 'tcp://127.0.0.1:3333';
    await registrationOn(t, machineOn(store), { url }).registration.register(5_000);
    const [entry] = store.list(KEY).entries;
    const value = JSON.stringify({ ...JSON.parse(entry?.value ?? '{}'), machine: 'another', instance: 'another' });
    store.commit([], [{ type: 'put', key: KEY, value }], []);
    const { registration } = registrationOn(t, machineOn(store), { url });
    await assert.rejects(registration.register(5_000), {
      code: 'ERR_RPC_ID_IN_USE',
      message: /on the machine "another"/,
    });
  });

  it('reports a server that has taken the id meanwhile, and registers when that server is gone', async (t) => {
    const store = new MemoryStore();
    const { registration, errors } = registrationOn(t, machineOn(store));
    await registration.register(5_000);
    const lease = { id: store.grant(60_000) };
    const value = (store.list(KEY).entries[0]?.value ?? '')
      .replace('10.0.0.5', '10.0.0.6')
      .replace(/"instance":"/, '$&x');
    store.revoke(store.list(KEY).entries[0]?.lease ?? '');
    store.commit([], [{ type: 'put', key: KEY, value, lease: lease as never }], []);
    await until(() => errors.length > 0, { what: 'the error' });
    assert.equal(errors[0]?.code, 'ERR_RPC_ID_IN_USE');
    store.revoke(lease.id);
    await until(() => store.list(KEY).entries[0]?.value.includes('10.0.0.5'), { what: 'the record' });
  });

  it('takes over a value that is no record, with a line, and no record of a newer version', async (t) => {
    const store = new MemoryStore();
    store.commit([], [{ type: 'put', key: KEY, value: '<html>' }], []);
    const { registration, lines } = registrationOn(t, machineOn(store));
    await registration.register(5_000);
    assert.deepEqual(recordsIn(store), ['chat-1']);
    assert.deepEqual(lines, [
      'mailstation: server "chat-1" in the registry of the test took over a key whose value is no JSON',
    ]);
    store.commit([], [{ type: 'put', key: 'nodes/chat/chat-2', value: '{"v":2}' }], []);
    await assert.rejects(registrationOn(t, machineOn(store), { id: 'chat-2' }).registration.register(5_000), {
      code: 'ERR_RPC_ID_IN_USE',
      message: /: the record of another server has that id, and cannot be read: "\{\\"v\\":2\}"; stop one of the two/,
    });
  });

  it('registers with one record where the answer of the first commit was lost', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store, { ttl: 20_000 });
    const { registration } = registrationOn(t, machine);
    const registered = registration.register(20_000);
    const engine = machine.engine();
    await until(() => store.revision > 0 && engine.state.connected, { what: 'the engine' });
    const commit = engine.commit.bind(engine);
    let commits = 0;
    engine.commit = async (...given) => {
      commits += 1;
      if (commits === 1) engine.link = 'no-answers';
      return commit(...given).finally(() => {
        engine.link = 'open';
      });
    };
    await registered;
    assert.equal(commits, 3); // the lost one, one that finds a record, and one that takes the own record over
    assert.deepEqual(recordsIn(store), ['chat-1']);
  });

  it('says where and why where the registry is away at the start', async (t) => {
    const machine = machineOn(new MemoryStore());
    const { registration } = registrationOn(t, machine);
    const registered = registration.register(300);
    machine.engine().link = 'cut';
    await assert.rejects(registered, {
      code: 'ERR_RPC_REGISTRY',
      message:
        /^the server "chat-1" could not be registered in the registry of the test within 300 ms: the connection is cut$/,
    });
    assert.equal(machine.engine().state.connected, false);
  });

  it('can be left while it registers', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    const { registration } = registrationOn(t, machine);
    const registered = registration.register(5_000);
    await registration.leave();
    await assert.rejects(registered, { code: 'ERR_RPC_CLOSED' });
    assert.deepEqual(recordsIn(store), []);
    await assert.rejects(registration.register(5_000), { code: 'ERR_RPC_CLOSED' });
  });

  it('warns of an address that only the own machine can reach, unless the registry is of one process', (t) => {
    const store = new MemoryStore();
    const near = { url: 'tcp://127.0.0.1:3333' };
    assert.deepEqual(registrationOn(t, machineOn(store), near).lines, []);
    assert.deepEqual(registrationOn(t, machineOn(store, { isLocal: false })).lines, []);
    assert.deepEqual(registrationOn(t, machineOn(store, { isLocal: false }), near).lines, [
      'mailstation: server "chat-1" is registered in the registry of the test at tcp://127.0.0.1:3333, which only this machine can reach; for callers on other machines, give the options host and advertise',
    ]);
    assert.equal(CHAT_1.id, 'chat-1');
  });
});
