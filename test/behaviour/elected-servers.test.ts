import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { callContext } from '../../lib/call-context.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { type Clock, systemClock } from '../../lib/registry/clock.js';
import { MemoryStore } from '../../lib/registry/memory/memory-store.js';
import { checked } from '../../lib/service/checked.js';
import { isEarlier, type Term } from '../../lib/term.js';
import { createClient } from '../../node-client.js';
import { createServer, type Server, type ServerOptions } from '../../server.js';
import { type Machine, machineOn, recordsIn } from '../lib/registry/on-memory.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { failure, keptLog, makeGate, serve, unusedPort } from './support.js';

/** Time of the elections: the shortest one. Unit: ms */
const TTL = 3_000;
/** A record of a server that no stall of a busy machine ends. */
const LONG = { ttl: 60_000 };

interface Standing {
  readonly server: Server;
  readonly machine: Machine;
  readonly lines: string[];
  readonly deposed: RpcError[];
  readonly errors: Error[];
}

/** A server of the id `area-1` on a machine of its own. `answer` is what its method returns. */
function areaOn(
  t: TestContext,
  store: MemoryStore,
  answer: () => unknown,
  { clock, ...options }: Partial<ServerOptions> & { clock?: Clock } = {},
): Standing {
  const machine = machineOn(store, { ...LONG, ...(clock && { clock }) });
  const { logger, lines } = keptLog();
  const server = createServer({
    id: 'area-1',
    serverType: 'test',
    port: 0,
    services: { user: { service: { name: async () => answer(), term: async () => callContext()?.term } } },
    standby: true,
    registry: machine.registry,
    election: machine.registry.election('area-1', { ttl: TTL }),
    logger,
    ...options,
  });
  const [deposed, errors]: [RpcError[], Error[]] = [[], []];
  server.on('deposed', (reason) => void deposed.push(reason));
  server.on('error', (error) => void errors.push(error));
  t.after(() => server.stop(true));
  return { server, machine, lines, deposed, errors };
}

/** An HTTP server of a program, which answers each request with a page. */
async function programOn(t: TestContext): Promise<HttpServer> {
  const http = createHttpServer((_request, response) => response.end('page'));
  t.after(() => {
    http.close();
    http.closeAllConnections();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return http;
}

const portOf = (http: HttpServer): number => (http.address() as AddressInfo).port;

async function pageOf(http: HttpServer): Promise<string> {
  const [response] = await once(get({ port: portOf(http), path: '/', agent: false }), 'response');
  return String(await response.setEncoding('utf8').toArray());
}

/** The answer to an upgrade at the path of the server: `open`, or the error. */
async function upgradeAt(http: HttpServer): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${portOf(http)}/rpc`);
  return new Promise((resolve) => {
    ws.once('open', () => {
      ws.terminate();
      resolve('open');
    });
    ws.once('error', ({ message }) => resolve(message));
  });
}

async function follow(t: TestContext, store: MemoryStore) {
  const { logger } = keptLog();
  const { registry } = machineOn(store, LONG);
  const client = createClient({ registry, logger, timeout: 10_000, failMode: 'failfast' });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  await client.start();
  const call = (method: string): Promise<unknown> => client.proxies['user']['test']['service'][method](null);
  return { client, name: () => call('name'), term: () => call('term') as Promise<Term> };
}

async function pair(t: TestContext) {
  const store = new MemoryStore();
  const first = areaOn(t, store, () => 'first');
  await first.server.start();
  const second = areaOn(t, store, () => 'second');
  await second.server.start();
  return { store, first, second };
}

const leads = ({ server }: Standing): boolean => server.state === 'leader';

describe('servers with an election', () => {
  it('have one Leader, which is registered, and a standby that does not listen', async (t) => {
    expectNoLeaks(t);
    const { store, first, second } = await pair(t);
    assert.deepEqual([first.server.state, second.server.state], ['leader', 'standby']);
    assert.deepEqual(recordsIn(store), ['area-1']);
    assert.equal(second.server.port, 0);
    assert.match(second.lines.join('\n'), /area-1 stands by in the election area-1 in the registry of the test/);
    const { client, name, term } = await follow(t, store);
    assert.equal(await name(), 'first');
    const { store: id, revision } = await term();
    assert.equal(id, store.id);
    assert.ok(revision > 0);
    await client.stop();
    await first.server.stop();
    await second.server.stop();
    assert.deepEqual(recordsIn(store), []);
  });

  it('hand over within milliseconds on stop, with a higher term and no failed call', async (t) => {
    const { store, first, second } = await pair(t);
    const { name, term } = await follow(t, store);
    const before = await term();
    const startedAt = performance.now();
    const stopped = first.server.stop();
    await once(second.server as never, 'start');
    const ms = performance.now() - startedAt;
    assert.ok(ms < 1_000, `the standby led after ${ms} ms`);
    assert.equal(await name(), 'second');
    await stopped;
    assert.equal(await name(), 'second');
    assert.ok(isEarlier(before, await term()));
    assert.deepEqual(recordsIn(store), ['area-1']);
    assert.deepEqual(first.deposed, []);
    assert.deepEqual([...first.errors, ...second.errors], []);
  });

  it('answer the running calls of a server that stops before the next one leads', async (t) => {
    const store = new MemoryStore();
    const gate = makeGate();
    const first = areaOn(t, store, () => gate.pass('first'));
    await first.server.start();
    const second = areaOn(t, store, () => 'second');
    await second.server.start();
    const { name } = await follow(t, store);
    const running = name();
    await gate.arrivals(1);
    const stopped = first.server.stop();
    await until(() => first.server.state === 'draining', { what: 'the drain' });
    assert.equal(leads(second), false);
    gate.open();
    assert.equal(await running, 'first');
    await stopped;
    await until(() => leads(second), { what: 'the next Leader' });
  });

  it('take over from a killed Leader on another machine, though its record has the id', async (t) => {
    const { store, first, second } = await pair(t);
    const { name } = await follow(t, store);
    assert.equal(await name(), 'first');
    const startedAt = performance.now();
    await first.machine.engine().close(); // as kill -9: nothing is said
    await until(() => leads(second), { what: 'the next Leader' });
    assert.ok(performance.now() - startedAt < TTL + 600, `${performance.now() - startedAt}`);
    await until(async () => (await name().catch(() => '')) === 'second', { what: 'a call of the next Leader' });
    assert.deepEqual(second.errors, []);
  });

  for (const link of ['cut', 'swallowed'] as const) {
    it(`depose a Leader whose link is ${link} before the next one leads, and let it stand by again`, async (t) => {
      const { store, first, second } = await pair(t);
      const { name } = await follow(t, store);
      assert.equal(await name(), 'first');
      first.machine.engine().link = link;
      let most = 0;
      await until(
        () => {
          most = Math.max(most, [first, second].filter(leads).length);
          return leads(second);
        },
        { what: 'the next Leader' },
      );
      assert.equal(most, 1);
      assert.deepEqual(
        first.deposed.map(({ code }) => code),
        [RpcCode.LeaseLost],
      );
      await until(async () => (await name().catch(() => '')) === 'second', { what: 'a call of the next Leader' });
      first.machine.engine().link = 'open';
      await until(() => first.server.state === 'standby', { what: 'the deposed server to stand by' });
      await until(() => store.list('elections/').entries.length === 2, { what: 'the candidate' });
      await second.server.stop();
      await until(() => leads(first), { what: 'the first server to lead again' });
      await until(async () => (await name().catch(() => '')) === 'first', { what: 'a call of the first server' });
    });
  }

  for (const [what, part] of [
    ['was stopped for longer than its lease', 'now'],
    ['was suspended with its machine', 'uptime'],
  ] as const) {
    it(`refuse the first call after the process ${what}, before any timer has run`, async (t) => {
      const store = new MemoryStore();
      let ahead = 0;
      const clock: Clock = { ...systemClock, [part]: () => systemClock[part]() + ahead };
      let calls = 0;
      const { server, deposed } = areaOn(t, store, () => (calls += 1), { clock });
      await server.start();
      const { name } = await follow(t, store);
      await name();
      const events: string[] = [];
      server.on('deposed', () => events.push(`deposed in ${server.state}`));
      const refused = failure(name());
      ahead = TTL; // the call is on its way, and no code of the election has run
      const error = await refused;
      assert.equal(calls, 1);
      assert.equal(error.code, RpcCode.StaleLeader);
      assert.equal(error.delivery, 'not-sent');
      assert.match(
        error.message,
        /this process leads "area-1" no more: its lease in the registry is over, and another process may lead; the call was not started, and can be repeated/,
      );
      await until(() => deposed.length > 0, { what: 'the event' });
      assert.deepEqual(events, ['deposed in deposed']);
      await until(async () => (await name().catch(() => 0)) === 2, { what: 'the server to lead again' });
    });
  }

  for (const kind of ['a call', 'a stream'] as const) {
    it(`refuse ${kind} whose before filter was waiting when the lease ended, before any timer has run`, async (t) => {
      const store = new MemoryStore();
      let ahead = 0;
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
      let calls = 0;
      const methods = {
        name: () => (calls += 1),
        async *names() {
          calls += 1;
          yield calls;
        },
      };
      const { server } = areaOn(t, store, () => '', { clock, services: { user: { service: methods } } });
      const gate = makeGate();
      server.before({ before: () => gate.pass() });
      await server.start();
      const { client } = await follow(t, store);
      const { name, names } = client.proxies['user']['test']['service'];
      const refused = failure(kind === 'a call' ? name(null) : names.stream(null).next());
      await gate.arrivals(1);
      ahead = TTL; // the call was admitted while the process led
      gate.open();
      const error = await refused;
      assert.deepEqual([error.code, error.delivery], [RpcCode.StaleLeader, 'not-sent']);
      assert.equal(calls, 0);
    });
  }

  it('refuse a call whose schema was checking when the lease ended, before any timer has run', async (t) => {
    const store = new MemoryStore();
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const gate = makeGate();
    let calls = 0;
    const count = checked({ args: [z.string().refine(() => gate.pass(true))] }, () => (calls += 1));
    const { server } = areaOn(t, store, () => '', { clock, services: { user: { service: { count } } } });
    await server.start();
    const { client } = await follow(t, store);
    const refused = failure(client.proxies['user']['test']['service']['count'](null, 'x'));
    await gate.arrivals(1);
    ahead = TTL; // the call was admitted while the process led
    gate.open();
    const error = await refused;
    assert.deepEqual([error.code, error.delivery], [RpcCode.StaleLeader, 'not-sent']);
    assert.equal(calls, 0);
  });

  it('go to another process where the elected one cannot take its port, at the start by rejecting it', async (t) => {
    const store = new MemoryStore();
    const { port } = await serve(t, { name: () => 'a stranger' });
    const first = areaOn(t, store, () => 'first', { port });
    const error = await failure(first.server.start());
    assert.equal(error.code, RpcCode.AddressInUse);
    assert.equal(first.server.state, 'closed');
    assert.deepEqual(store.list('elections/').entries, []);

    const second = areaOn(t, store, () => 'second');
    await second.server.start();
    const third = areaOn(t, store, () => 'third', { port });
    await third.server.start();
    const fourth = areaOn(t, store, () => 'fourth', { port: await unusedPort(t) });
    await fourth.server.start();
    await second.server.stop();
    await until(() => leads(fourth), { what: 'the server whose port is free' });
    assert.deepEqual(
      third.errors.map((each) => (each as RpcError).code),
      [RpcCode.AddressInUse],
    );
    assert.equal(third.server.state, 'standby');
  });

  it('do not start where the registry does not answer', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store, LONG);
    const { registry } = machine;
    const election = registry.election('area-1', { ttl: TTL });
    const { server } = areaOn(t, store, () => '', { registry, election, registryTimeout: 300 });
    const started = failure(server.start());
    await until(() => machine.opened.length > 0, { what: 'the engine' });
    machine.engine().link = 'cut';
    const error = await started;
    assert.equal(error.code, RpcCode.Registry);
    assert.match(
      error.message,
      /^the election area-1 in the registry of the test did not take the server as a candidate within 300 ms \(registryTimeout\): /,
    );
    assert.equal(server.state, 'closed');
  });

  it('stop while they start, and while they are deposed', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const first = areaOn(t, store, () => 'first');
    const started = failure(first.server.start());
    await first.server.stop();
    assert.equal((await started).code, RpcCode.Closed);
    assert.deepEqual(store.list('').entries, []);

    const second = areaOn(t, store, () => 'second');
    await second.server.start();
    second.machine.engine().link = 'cut';
    await until(() => second.deposed.length > 0, { what: 'the deposition' });
    await second.server.stop();
    assert.equal(second.server.state, 'closed');
  });
});

describe('an elected server at a path of an HTTP server of the program', () => {
  it('serves the upgrades there while it leads, and leaves all requests to the program', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const pages = [await programOn(t), await programOn(t)];
    const [first, second] = pages.map((http, at) =>
      areaOn(t, store, () => `machine-${at + 1}`, { port: undefined, listen: { server: http, path: '/rpc' } }),
    );
    assert.ok(first && second && pages[0] && pages[1]);
    await first.server.start();
    const { name } = await follow(t, store);
    assert.equal(await name(), 'machine-1');
    await second.server.start();
    assert.equal(second.server.state, 'standby');
    assert.match(await upgradeAt(pages[1]), /Unexpected server response: 200/, 'a standby takes no upgrade');
    for (const http of pages) assert.equal(await pageOf(http), 'page');

    first.machine.engine().link = 'cut';
    await until(() => leads(second), { what: 'the second server to lead', timeoutMs: 30_000 });
    await until(async () => (await name().catch(() => '')) === 'machine-2', { what: 'calls at the second server' });
    assert.equal(first.deposed.length, 1);
    assert.match(await upgradeAt(pages[0]), /Unexpected server response: 200/, 'nor does a Leader that was deposed');

    first.machine.engine().link = 'open';
    await until(() => first.server.state === 'standby', { what: 'the first server to stand by', timeoutMs: 30_000 });
    await second.server.stop();
    await until(async () => (await name().catch(() => '')) === 'machine-1', {
      what: 'calls at the first server again',
    });
    for (const http of pages) assert.equal(await pageOf(http), 'page');
    assert.deepEqual([...first.errors, ...second.errors].map(String), []);
  });
});

describe('the option election', () => {
  const { registry } = machineOn(new MemoryStore(), LONG);
  const election = registry.election('area-1');
  const given = { id: 'a', serverType: 'test', port: 0, standby: true, registry, election };
  const wrong: readonly [string, object, RegExp][] = [
    ['without standby', { standby: false }, /^election needs standby: true, since one server leads/],
    ['without a registry', { registry: undefined }, /^election needs the option registry: callers find the Leader/],
    [
      'of another registry',
      { election: machineOn(new MemoryStore()).registry.election('area-1') },
      /^election is one of another registry: make it with election\(name\) of the option registry$/,
    ],
    [
      'that is a name',
      { election: 'area-1' },
      /^election must be an election of the registry, as registry\.election\(name\) makes it, got "area-1"$/,
    ],
    [
      'with an acceptorFactory',
      { acceptorFactory: { create: () => ({}) } },
      /^election cannot be combined with acceptorFactory: a custom acceptor listens once$/,
    ],
    ['without an id', { id: undefined }, /^a server with a registry needs an id and a serverType/],
  ];
  for (const [what, options, text] of wrong)
    it(`is refused ${what}`, () => {
      assert.throws(() => createServer({ ...given, ...options } as ServerOptions), {
        code: RpcCode.InvalidArgument,
        message: text,
      });
    });
});
