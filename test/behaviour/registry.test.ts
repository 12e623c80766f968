import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { EngineRegistry } from '../../lib/registry/engine-registry.js';
import { file } from '../../lib/registry/file/file-source.js';
import { MemoryStore } from '../../lib/registry/memory/memory-store.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { createClient } from '../../node-client.js';
import { createServer, type ServerOptions } from '../../server.js';
import { machineOn, recordsIn, TTL, untilRecords } from '../lib/registry/on-memory.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { failure, keptLog, makeGate, type Served, serve, unusedPort } from './support.js';

/** A lease that no stall of a busy machine ends. */
const LONG = { ttl: 60_000 };

const named = (name: string) => ({ name: async () => name });

function serveIn(t: TestContext, registry: EngineRegistry, name: string, options: Partial<ServerOptions> = {}) {
  return serve(t, named(name), { id: name, registry, ...options });
}

/** A client that follows the registry, and is not started. */
function follow(t: TestContext, registry: EngineRegistry, options: object = {}) {
  const { logger, lines } = keptLog();
  const client = createClient({ registry, registryTimeout: 10_000, logger, router: 'rr', timeout: 10_000, ...options });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  const events: string[] = [];
  client.on('addServer', (id) => void events.push(`+${id}`));
  client.on('removeServer', (id) => void events.push(`-${id}`));
  const call = (method = 'name'): Promise<unknown> => client.proxies['user']['test']['service'][method](null);
  return { client, lines, events, name: () => call(), call };
}

describe('servers and clients of a registry', () => {
  it('find each other, servers that join later and servers that leave included', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const first = await serveIn(t, machineOn(store, LONG).registry, 'one');
    const { client, name, events } = follow(t, machineOn(store, LONG).registry);
    await client.start();
    assert.equal(await name(), 'one');
    const second = await serveIn(t, machineOn(store, LONG).registry, 'two');
    await until(() => client.servers['two'], { what: 'the second server' });
    assert.deepEqual(new Set([await name(), await name()]), new Set(['one', 'two']));
    await first.server.stop();
    await until(() => client.servers['one'] === undefined, { what: 'the end of the first server' });
    assert.equal(await name(), 'two');
    assert.deepEqual(events, ['+one', '+two', '-one']);
    await client.stop();
    await second.server.stop();
  });

  it('lose no call while the servers are restarted one after the other', async (t) => {
    const store = new MemoryStore();
    const restarted = (name: string, port: number): Promise<Served> =>
      serveIn(t, machineOn(store, LONG).registry, name, { port });
    let servers: readonly Served[] = await Promise.all([restarted('one', 0), restarted('two', 0)]);
    const { client, name } = follow(t, machineOn(store, LONG).registry, { failMode: 'failfast' });
    await client.start();
    let isOver = false;
    const failed: unknown[] = [];
    let calls = 0;
    const calling = (async () => {
      while (!isOver) {
        await Promise.all(Array.from({ length: 8 }, () => name().catch((error: unknown) => failed.push(error))));
        calls += 8;
      }
    })();
    for (let round = 0; round < 2; round++) {
      for (const [at, { server, port }] of servers.entries()) {
        const id = server.id ?? '';
        await server.stop();
        const next = await restarted(id, port);
        servers = servers.map((each, index) => (index === at ? next : each));
        await until(() => client.servers[id] !== undefined, { what: `${id} in the roster` });
      }
    }
    isOver = true;
    await calling;
    assert.deepEqual(failed, []);
    assert.ok(calls > 100, `${calls}`);
  });

  it('answer the calls that a stopping server has, while new calls go to the others', async (t) => {
    const store = new MemoryStore();
    const gate = makeGate();
    const slow = await serve(
      t,
      { name: async () => 'one', wait: () => gate.pass('done') },
      {
        id: 'one',
        registry: machineOn(store, LONG).registry,
      },
    );
    const { client, name, call } = follow(t, machineOn(store, LONG).registry);
    await client.start();
    const waiting = call('wait');
    await gate.arrivals(1);
    await serveIn(t, machineOn(store, LONG).registry, 'two');
    await until(() => client.servers['two'], { what: 'the second server' });
    const states: string[] = [];
    const stopped = slow.server.stop();
    states.push(slow.server.state);
    await until(() => client.roster[0]?.draining.includes('one'), { what: 'the announcement' });
    assert.deepEqual([await name(), await name()], ['two', 'two']);
    gate.open();
    assert.equal(await waiting, 'done');
    await stopped;
    states.push(slow.server.state);
    assert.deepEqual(states, ['leaving', 'closed']);
    assert.deepEqual(recordsIn(store), ['two']);
  });

  it('go on without the registry, with the last list, and see its age', async (t) => {
    const store = new MemoryStore();
    await serveIn(t, machineOn(store, LONG).registry, 'one');
    const machine = machineOn(store, LONG);
    const { client, name } = follow(t, machine.registry);
    await client.start();
    machine.engine().link = 'cut';
    await until(() => client.roster[0]?.state === 'stale', { what: 'the failure' });
    assert.equal(await name(), 'one');
    assert.match(client.roster[0]?.reason?.message ?? '', /the connection to the registry in memory has ended/);
    assert.ok((client.roster[0]?.age ?? -1) >= 0);
    machine.engine().link = 'open';
    await until(() => client.roster[0]?.state === 'current', { what: 'the list' });
    assert.equal(client.roster[0]?.age, 0);
  });

  it('keep calling a server whose record is lost, as long as its connection stands', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    await serveIn(t, machine.registry, 'one');
    const { client, name } = follow(t, machineOn(store).registry);
    await client.start();
    assert.equal(await name(), 'one');
    machine.engine().link = 'cut'; // the server is cut off from the registry, and not from its callers
    await untilRecords(store, []);
    await until(() => client.roster[0]?.lost.includes('one'), { what: 'the loss' });
    assert.equal(await name(), 'one');
    machine.engine().link = 'open';
    await until(() => client.roster[0]?.servers.includes('one'), { what: 'the return' });
    assert.deepEqual(client.roster[0]?.lost, []);
  });

  it('forget a server whose process was killed, when its lease is over', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    const { server } = await serveIn(t, machine.registry, 'one');
    await serveIn(t, machineOn(store).registry, 'two');
    const { client, name } = follow(t, machineOn(store).registry, { failMode: 'failover' });
    await client.start();
    await Promise.all([name(), name()]);
    const [engine] = machine.opened;
    await engine?.close(); // as kill -9: nothing is said to the registry or to callers
    await server.stop(true);
    const startedAt = performance.now();
    await until(() => client.servers['one'] === undefined, { what: 'the end of the record' });
    assert.ok(performance.now() - startedAt < TTL + 1_000);
    assert.equal(await name(), 'two');
  });

  it('keep their list through a store that was emptied, and register in the new one', async (t) => {
    const store = new MemoryStore();
    const { log } = await serveIn(t, machineOn(store, LONG).registry, 'one');
    const { client, name, events } = follow(t, machineOn(store, LONG).registry);
    await client.start();
    store.wipe();
    await untilRecords(store, ['one']);
    assert.equal(await name(), 'one');
    assert.deepEqual(events, ['+one']);
    assert.equal(log.filter((line) => line.includes('is registered again')).length, 1);
  });
});

describe('a server in a registry', () => {
  it('takes the place of its own past on the same port at once', async (t) => {
    const store = new MemoryStore();
    const port = await unusedPort(t);
    const machine = machineOn(store, LONG);
    const before = await serveIn(t, machine.registry, 'one', { port });
    await machine.engine().close();
    await before.server.stop(true);
    const startedAt = performance.now();
    await serveIn(t, machineOn(store, LONG).registry, 'one', { port });
    assert.ok(performance.now() - startedAt < 1_000);
    assert.deepEqual(recordsIn(store), ['one']);
  });

  it('does not start where a living server has the id, and frees its port', async (t) => {
    const store = new MemoryStore();
    await serveIn(t, machineOn(store).registry, 'one');
    const { logger } = keptLog();
    const second = createServer({
      id: 'one',
      serverType: 'test',
      port: 0,
      services: { user: { service: named('x') } },
      registry: machineOn(store).registry,
      logger,
    });
    const error = await failure(second.start());
    assert.equal(error.code, 'ERR_RPC_ID_IN_USE');
    assert.match(error.message, /at tcp:\/\/127\.0\.0\.1:\d+ on the machine /);
    assert.equal(second.state, 'closed');
    await second.stop();
  });

  it('does not start while the registry is away, and says where and why', async () => {
    const machine = machineOn(new MemoryStore(), LONG);
    const { logger } = keptLog();
    const options = { id: 'one', serverType: 'test', port: 0, services: { user: { service: named('x') } }, logger };
    const server = createServer({ ...options, registry: machine.registry, registryTimeout: 200 });
    const started = failure(server.start());
    await until(() => machine.opened.length > 0, { what: 'the engine' });
    machine.engine().link = 'cut';
    const error = await started;
    assert.equal(error.code, 'ERR_RPC_REGISTRY');
    assert.match(
      error.message,
      /^the server "one" could not be registered in the registry of the test within 200 ms: the connection is cut$/,
    );
    assert.equal(server.state, 'closed');
  });

  it('can be stopped while it registers', async (t) => {
    expectNoLeaks(t);
    const machine = machineOn(new MemoryStore(), LONG);
    const { logger } = keptLog();
    const options = { id: 'one', serverType: 'test', port: 0, services: { user: { service: named('x') } }, logger };
    const server = createServer({ ...options, registry: machine.registry });
    const started = failure(server.start());
    await until(() => machine.opened.length > 0, { what: 'the engine' });
    machine.engine().link = 'swallowed';
    await server.stop(true);
    assert.equal((await started).code, 'ERR_RPC_CLOSED');
    assert.equal(server.state, 'closed');
  });

  it('registers when it takes over as a standby', async (t) => {
    const store = new MemoryStore();
    const port = await unusedPort(t);
    const first = await serveIn(t, machineOn(store, LONG).registry, 'one', { port, standby: true });
    const second = await serveIn(t, machineOn(store, LONG).registry, 'one', { port, standby: true });
    assert.equal(second.server.state, 'standby');
    assert.deepEqual(recordsIn(store), ['one']);
    await first.server.stop();
    await until(() => second.server.state === 'leader', { what: 'the takeover' });
    await untilRecords(store, ['one']);
    await second.server.stop();
    assert.deepEqual(recordsIn(store), []);
  });

  it('tells callers the place, the weight and the fields that it advertises', async (t) => {
    const store = new MemoryStore();
    const advertise = { host: 'localhost', weight: 3, fields: { region: 'eu' } };
    const { port } = await serveIn(t, machineOn(store, LONG).registry, 'one', { advertise });
    const { client, name } = follow(t, machineOn(store, LONG).registry);
    await client.start();
    assert.equal(await name(), 'one');
    const { url, weight, region } = client.servers['one'] ?? ({} as Partial<ServerInfo>);
    assert.deepEqual({ url, weight, region }, { url: `tcp://localhost:${port}`, weight: 3, region: 'eu' });
  });

  it('refuses options that do not fit', () => {
    const { registry } = machineOn(new MemoryStore(), LONG);
    const refused = (options: object): string => {
      try {
        createServer({ id: 'one', serverType: 'test', port: 0, registry, ...options });
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const needsId = 'a server with a registry needs an id and a serverType, by which callers find it';
    assert.equal(refused({ id: undefined }), needsId);
    assert.equal(refused({ serverType: undefined }), needsId);
    assert.match(
      refused({ registry: file('x.json') }),
      /^registry must be one that servers register in, as etcd\(\) and memory\(\) make it, got /,
    );
    assert.equal(
      refused({ host: '0.0.0.0' }),
      "the server listens on 0.0.0.0, which no caller can dial: give the option advertise, such as advertise: '10.0.0.5' or advertise: os.hostname()",
    );
    assert.match(refused({ host: '::' }), /^the server listens on ::, which no caller can dial/);
    assert.equal(refused({ host: '::', advertise: '10.0.0.5' }), 'accepted');
    assert.equal(refused({ host: '0.0.0.0', advertise: { url: 'tls://chat-1.example:443' } }), 'accepted');
    assert.match(refused({ advertise: '0.0.0.0' }), /^advertise names 0\.0\.0\.0, which no caller can dial/);
    assert.match(refused({ advertise: 'http://x' }), /^advertise\.host must be an address or a host name/);
    assert.match(refused({ advertise: { url: 'http://x' } }), /^advertise\.url must be a URL of a known scheme/);
    assert.match(refused({ advertise: { url: 'tcp://x:1', host: 'x' } }), /^advertise has a host and a url/);
    assert.match(refused({ advertise: { weight: 0 } }), /^advertise\.weight must be a number above 0, got 0/);
    assert.match(refused({ advertise: { fields: [] } }), /^advertise\.fields must be an object/);
    assert.match(
      refused({ advertise: { fields: { a: 1n } } }),
      /^advertise\.fields must hold values that JSON carries/,
    );
    assert.match(
      refused({ advertise: { fields: { a: 'x'.repeat(20_000) } } }),
      /^advertise\.fields must have up to 16384 characters of JSON, got 20008/,
    );
    assert.match(refused({ registry: undefined, advertise: 'x' }), /^advertise needs the option registry/);
    assert.match(refused({ registryTimeout: 0 }), /^registryTimeout must be an integer from 1 to 2147483647 ms, got 0/);
  });
});
