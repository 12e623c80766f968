import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { dns } from '../../lib/registry/dns/dns-source.js';
import { file } from '../../lib/registry/file/file-source.js';
import type { RosterSource } from '../../lib/registry/roster-source.js';
import { createClient } from '../../node-client.js';
import { NameServer } from '../lib/registry/dns/name-server.js';
import { GivenSource } from '../lib/registry/follower.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, keptLog, type Served, serve } from './support.js';

const named = (name: string) => ({ name: async () => name });

/** A client of the servers of a source, which is not started. */
function follow(t: TestContext, registry: RosterSource | readonly RosterSource[], registryTimeout = 10_000) {
  const { logger, lines } = keptLog();
  const client = createClient({ registry, registryTimeout, logger, router: 'rr', timeout: 10_000 });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  return { client, lines, name: () => client.proxies['user']['test']['service']['name'](null) };
}

function rosterFile(t: TestContext): { path: string; write(servers: readonly unknown[]): void } {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-roster-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'servers.json');
  return { path, write: (servers) => writeFileSync(path, JSON.stringify(servers)) };
}

const infos = (...servers: readonly Served[]) => servers.map(({ info }) => info);

describe('a client that follows a source', () => {
  it('says where its servers come from, and how old the list is, when there is none for a call', async (t) => {
    const server = await serve(t, named('first'), { id: 'test-1' });
    const source = new GivenSource();
    const { client, name } = follow(t, source);
    client.addProxy({ namespace: 'user', serverType: 'room' });
    const room = (): Promise<unknown> =>
      client.proxies['user']['room']['service']['name'](null) as unknown as Promise<unknown>;
    const starting = client.start();
    source.give(infos(server));
    await starting;
    assert.equal(await name(), 'first');
    const current = await failure(room());
    assert.equal(current.code, RpcCode.NoServer);
    assert.match(
      current.message,
      /Start one, or correct the serverType of the proxy\. The servers come from .*, which has 1 server$/,
    );
    assert.doesNotMatch(current.message, /addServer/);

    source.fail(new RpcError(RpcCode.Registry, 'the disk is gone'));
    const stale = await failure(room());
    assert.match(stale.message, /The servers come from .*, whose list of 1 server is \d+\.\d s old: the disk is gone$/);
    const byId = await failure(
      client.proxies['user']['test']['service']['name'].toServer('nobody') as Promise<unknown>,
    );
    assert.match(
      byId.message,
      /no server with the id "nobody" is known, only test-1\. Start the server, or correct the id\. The servers come from /,
    );
  });
});

describe('a client that follows a file', () => {
  it('calls the servers of the file, and those of each later file, without addServers()', async (t) => {
    const first = await serve(t, named('first'), { id: 'test-1' });
    const second = await serve(t, named('second'), { id: 'test-2' });
    const { path, write } = rosterFile(t);
    write(infos(first));
    const { client, name } = follow(t, file(path));
    await client.start();
    assert.equal(await name(), 'first');
    write(infos(second));
    await until(() => client.servers['test-2'], { what: 'the second server' });
    assert.equal(await name(), 'second');
    assert.deepEqual(Object.keys(client.servers), ['test-2']);
  });

  it('goes on with the last list while the file is broken, says so once, and shows the age of the list', async (t) => {
    const served = await serve(t, named('first'));
    const { path, write } = rosterFile(t);
    write(infos(served));
    const { client, name, lines } = follow(t, file(path));
    const states: string[] = [];
    client.on('roster', (source, to) => states.push(`${source === `the file ${path}`} ${to}`));
    await client.start();
    write([{ id: 'test-1' }, { serverType: 'test', port: 1 }]);
    await until(() => client.roster[0]?.state === 'stale', { what: 'the failure' });
    assert.equal(await name(), 'first');
    await until(() => lines.length > 0, { what: 'the line' });
    const [report] = client.roster;
    assert.ok((report?.age ?? 0) >= 1_000, `${report?.age}`);
    write(infos(served));
    await until(() => client.roster[0]?.state === 'current', { what: 'the list' });
    assert.match(
      lines[0] ?? '',
      /^mailstation: the file .*servers\.json cannot be read: the id of a server is missing: .*; the last list, of 1 server, stays$/,
    );
    assert.match(lines[1] ?? '', /^mailstation: the file .*servers\.json can be read again, after \d+\.\d s$/);
    assert.equal(lines.length, 2);
    assert.deepEqual(states, ['true current', 'true stale', 'true current']);
  });

  it('does not start with a file that is missing or broken, and says where and why', async (t) => {
    const { path } = rosterFile(t);
    const missing = await failure(follow(t, file(path)).client.start());
    assert.equal(missing.code, 'ERR_RPC_REGISTRY');
    assert.match(
      missing.message,
      /^the client cannot start: the file .*servers\.json: ENOENT: no such file or directory/,
    );
    writeFileSync(path, '[{]');
    const { client, name } = follow(t, file(path));
    assert.match((await failure(client.start())).message, /: the file .*servers\.json: the file holds no JSON: /);
    assert.equal(client.state, 'closed');
    assert.equal((await failure(name())).code, 'ERR_RPC_CLOSED');
  });
});

describe('a client that follows a name', () => {
  it('calls the servers at the addresses of the name, and keeps them through empty answers', async (t) => {
    const server = await NameServer.start(t);
    const served = await serve(t, named('first'), { id: undefined });
    server.zones.set('test.example', { A: [{ address: '127.0.0.1' }] });
    const options = { name: 'test.example', serverType: 'test', port: served.port, nameServers: [server.address] };
    const { client, name } = follow(t, dns({ ...options, interval: 1_000 }));
    await client.start();
    assert.equal(await name(), 'first');
    server.zones.set('test.example', {});
    await until(() => client.roster[0]?.state === 'stale', { what: 'the empty answer' });
    assert.match(client.roster[0]?.reason?.message ?? '', /ENODATA/);
    assert.equal(await name(), 'first');
  });

  it('says at the start which name server gave no addresses, and why', async (t) => {
    const server = await NameServer.start(t);
    const source = dns({ name: 'test.example', serverType: 'test', port: 1, nameServers: [server.address] });
    const { message } = await failure(follow(t, source, 300).client.start());
    const wanted =
      /^the client cannot start, since no list of servers came within 300 ms: the name test\.example: queryAaaa ENOTFOUND test\.example, from 127\.0\.0\.1:\d+$/;
    assert.match(message, wanted);
  });
});

describe('a client that follows a source', () => {
  it('rejects calls before the first list, and a second start', async (t) => {
    const source = new GivenSource();
    const { client, name } = follow(t, source);
    const started = client.start();
    assert.equal(client.state, 'starting');
    assert.equal((await failure(name())).code, 'ERR_RPC_NOT_STARTED');
    assert.equal((await failure(client.start())).code, 'ERR_RPC_CLOSED');
    source.give([]);
    await started;
    assert.equal(client.state, 'started');
  });

  it('can be stopped while it starts', async (t) => {
    const { client } = follow(t, new GivenSource());
    const started = failure(client.start());
    await client.stop();
    assert.equal((await started).code, 'ERR_RPC_CLOSED');
    assert.equal(client.state, 'closed');
  });

  it('sends no call to a server that drains while there is another one, and all calls to it while there is none', async (t) => {
    const first = await serve(t, named('first'), { id: 'test-1' });
    const second = await serve(t, named('second'), { id: 'test-2' });
    const source = new GivenSource();
    const { client, name } = follow(t, source);
    const started = client.start();
    source.give(infos(first, second), ['test-1']);
    await started;
    assert.deepEqual(new Set(await Promise.all([name(), name(), name()])), new Set(['second']));
    source.give(infos(first), ['test-1']);
    assert.equal(await name(), 'first');
  });

  it('calls a lost server where no other is left, does not redial it, and forgets it with its connection', async (t) => {
    const first = await serve(t, named('first'), { id: 'test-1' });
    const second = await serve(t, named('second'), { id: 'test-2' });
    const source = new GivenSource();
    const { client, name } = follow(t, source);
    const started = client.start();
    source.give(infos(first));
    await started;
    assert.equal(await name(), 'first');
    source.give([]);
    assert.equal(await name(), 'first');
    source.give(infos(second));
    assert.equal(await name(), 'second');
    assert.equal(await name(), 'second');
    const moves: string[] = [];
    client.on('mailbox', (id, to) => moves.push(`${id} ${to}`));
    await first.server.stop(true);
    await until(() => client.servers['test-1'] === undefined, { what: 'the end of the lost server' });
    assert.ok(!moves.includes('test-1 connecting'), moves.join());
    assert.equal(await name(), 'second');
  });

  it('fails the start for an entry out of shape, and leaves servers that were added by hand alone', async (t) => {
    const served = await serve(t, named('first'));
    const source = new GivenSource();
    const { client, name } = follow(t, source);
    client.addServer(served.info);
    const started = client.start();
    assert.throws(() => source.give([{ id: 'test-2', serverType: 'test', port: 70_000 }]), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
    });
    source.give([{ id: 'test-2', serverType: 'other', port: 1 }]);
    await started;
    assert.equal(await name(), 'first');
    source.give([]);
    assert.deepEqual(Object.keys(client.servers), ['test-1']);
  });

  it('refuses a registry that is none', () => {
    const refused = (registry: unknown): string => {
      try {
        createClient({ registry } as object);
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(
      refused('etcd'),
      'registry must be a source of servers, as etcd(), dns() and file() make one, got "etcd"',
    );
    assert.match(refused([new GivenSource(), {}]), /^registry\[1\] must be a source of servers/);
    assert.match(refused([]), /^registry must be a source of servers, or a list of 1 to 16 of them, got \[\]$/);
  });

  it('leaves nothing open', async (t) => {
    expectNoLeaks(t);
    const { path, write } = rosterFile(t);
    write([]);
    const server = await NameServer.start(t);
    server.zones.set('test.example', { A: [{ address: '127.0.0.1' }] });
    const name = dns({ name: 'test.example', serverType: 'test', port: 1, nameServers: [server.address] });
    const { client } = await call(t, [], { registry: [file(path), name] });
    await client.stop();
  });
});
