import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { client as Client, server as Server } from '../../compat/pomelo-rpc.js';
import type { ClientOptions, ServerInfo } from '../../index.js';
import type { Any } from '../../proxy/index.js';

// The cases of pomelo-rpc's own tests of its client, mail station and server, stated anew: docs/migrating-from-pomelo-rpc.md
// has the table. The three that differ are here with what mailstation does.

const answer = (start: (callback: (...outcome: unknown[]) => void) => unknown): Promise<unknown[]> =>
  new Promise((resolve) => start((...outcome) => resolve(outcome)));

const msg = { namespace: 'user', serverType: 'area', service: 'who', method: 'am', args: [] };

describe("the cases of pomelo-rpc's own tests", () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-own-suite-'));
  const paths = ['user', 'sys'].map((namespace) => ({ namespace, serverType: 'area', path: folder }));
  const list: ServerInfo[] = [];
  const servers: { stop(force: boolean): Promise<void> }[] = [];

  before(async () => {
    writeFileSync(
      join(folder, 'who.cjs'),
      'module.exports = (context) => ({ am: (callback) => callback(null, context.id) });',
    );
    for (const id of ['area-1', 'area-2', 'area-3']) {
      const server = Server.create({ paths, port: 0, context: { id }, logger: { info() {}, warn() {}, error() {} } });
      await server.start();
      servers.push(server);
      list.push({ id, serverType: 'area', host: '127.0.0.1', port: server.port });
    }
  });
  after(async () => {
    for (const server of servers) await server.stop(true);
    rmSync(folder, { recursive: true, force: true });
  });

  async function started(t: TestContext, options?: ClientOptions) {
    const client = Client.create({ ...options, logger: { info() {}, warn() {}, error() {} } });
    t.after(() => client.stop(true));
    assert.deepEqual(await answer((callback) => client.start(callback as () => void)), [null]);
    return client;
  }

  it('client: is made without options, and starts', async () => {
    const client = Client.create();
    assert.deepEqual(await answer((callback) => client.start(callback as () => void)), [null]);
    await client.stop(true);
  });

  it('client: addProxies gives proxies by namespace and type', () => {
    const client = Client.create();
    client.addProxies(paths);
    for (const { namespace, serverType } of paths)
      assert.ok(serverType in ((client.proxies as Any)[namespace] as object));
  });

  it('client: an object with route replaces the router', async (t) => {
    let routed = 0;
    const route = (_param: unknown, _msg: unknown, _context: unknown, callback: (error: null, id: string) => void) => {
      routed += 1;
      callback(null, 'area-2');
    };
    const client = await started(t, { router: { route } });
    client.addProxies(paths);
    client.addServer(list[1] as ServerInfo);
    const { who } = (client.proxies as Any).sys.area;
    assert.deepEqual(await answer((callback) => who.am(null, callback)), [null, 'area-2']);
    assert.equal(routed, 1);
  });

  it('client: the second start is an error, and the second stop is none', async (t) => {
    const client = await started(t);
    const [error] = await answer((callback) => void client.start(callback as () => void).catch(() => {}));
    assert.ok(error instanceof Error);
    await client.stop();
    await client.stop();
  });

  it('client: rpcInvoke before the start and after the stop is an error, and works in between', async (t) => {
    const idle = Client.create();
    assert.ok((await answer((callback) => idle.rpcInvoke('area-1', msg, callback)))[0] instanceof Error);
    const client = await started(t);
    client.addServer(list[0] as ServerInfo);
    assert.deepEqual(await answer((callback) => client.rpcInvoke('area-1', msg, callback)), [null, 'area-1']);
    await client.stop(true);
    assert.ok((await answer((callback) => client.rpcInvoke('area-1', msg, callback)))[0] instanceof Error);
  });

  it('station: takes a mailbox factory', () => {
    assert.ok(Client.create({ mailboxFactory: { create: () => null as never } }));
  });

  it('station: shows the servers that were added, as copies', () => {
    const client = Client.create();
    client.addServers(list);
    for (const server of list) assert.deepEqual(client._station.servers[server.id], server);
    assert.notEqual(client._station.servers['area-1'], list[0]);
  });

  it('station: sends each request to its server, also to one that was added after the start', async (t) => {
    const client = await started(t);
    client.addServers(list.map(({ id, host, port }) => ({ id, type: 'area', host, port }) as never));
    for (const { id } of list)
      assert.deepEqual(await answer((callback) => client.rpcInvoke(id, msg, callback)), [null, id]);
  });

  it('station: a server that cannot be reached is an event with the number, and an error for the caller', async (t) => {
    const client = await started(t, { timeout: 200 });
    client.addServer({ id: 'nobody', type: 'area', host: '127.0.0.1', port: 1 } as never);
    const events: unknown[] = [];
    client._station.on('error', (code, _tracer, serverId) => events.push(code, serverId));
    const [error] = await answer((callback) => client.rpcInvoke('nobody', msg, callback));
    assert.ok(error instanceof Error);
    assert.equal(events[1], 'nobody');
    assert.equal(typeof events[0], 'number');
  });

  it('station: emits close for each mailbox, and refuses calls then', async (t) => {
    const client = await started(t);
    client.addServers(list);
    const closed: unknown[] = [];
    for (const { id } of list) await answer((callback) => client.rpcInvoke(id, msg, callback));
    client._station.on('close', (id) => closed.push(id));
    await client.stop(true);
    assert.deepEqual(closed.sort(), ['area-1', 'area-2', 'area-3']);
    for (const { id } of list)
      assert.ok((await answer((callback) => client.rpcInvoke(id, msg, callback)))[0] instanceof Error);
  });

  it('station: runs filters in turn, with a message of their own', async (t) => {
    const client = await started(t);
    client.addServers(list);
    const ran: string[] = [];
    const filter =
      (name: string) => (serverId: string, seen: object, opts: object, next: (...goOn: never[]) => void) => {
        ran.push(`${name} ${serverId}`);
        assert.deepEqual({ ...seen }, msg);
        assert.notEqual(seen, msg);
        (next as (...goOn: unknown[]) => void)(serverId, seen, opts);
      };
    client.before([filter('before 1'), filter('before 2')]);
    client.after([filter('after 1'), filter('after 2')]);
    await answer((callback) => client.rpcInvoke('area-2', msg, callback));
    assert.deepEqual(ran, ['before 1 area-2', 'before 2 area-2', 'after 1 area-2', 'after 2 area-2']);
  });

  it('server: stops in the tick of its start, with closed and without an error', async () => {
    const server = Server.create({ paths, port: 0, logger: { info() {}, warn() {}, error() {} } });
    const errors: Error[] = [];
    server.on('error', (error) => errors.push(error));
    const closed = new Promise<void>((resolve) => server.once('closed', resolve));
    server.start().catch(() => {});
    server.stop();
    await closed;
    assert.deepEqual(errors, []);
  });

  it('server: takes an acceptor factory, whose acceptor listens and closes once', async () => {
    const calls: string[] = [];
    class MockAcceptor extends EventEmitter {
      listen(port: number): void {
        calls.push(`listen ${port}`);
      }
      close(): void {
        calls.push('close');
      }
    }
    const acceptorFactory = {
      create: () => {
        calls.push('create');
        return new MockAcceptor();
      },
    };
    const server = Server.create({ paths, port: 3333, acceptorFactory, logger: { info() {}, warn() {}, error() {} } });
    await server.start();
    await server.stop();
    assert.deepEqual(calls, ['create', 'listen 3333', 'close']);
  });
});
