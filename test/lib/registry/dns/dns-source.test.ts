import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { dns } from '../../../../lib/registry/dns/dns-source.js';
import type { DnsOptions } from '../../../../lib/registry/dns/options.js';
import { until } from '../../../support/until.js';
import { type KeptFollower, keptFollower } from '../follower.js';
import { NameServer, RCODE } from './name-server.js';

const NAME = 'chat.default.svc.example';

function follow(t: TestContext, server: NameServer, options: Partial<DnsOptions> = {}): KeptFollower {
  const source = dns({ name: NAME, serverType: 'chat', nameServers: [server.address], interval: 1_000, ...options });
  const follower = keptFollower();
  const following = source.follow(follower);
  t.after(() => following.close());
  return follower;
}

const listed = (follower: KeptFollower, count: number): Promise<unknown> =>
  until(() => follower.lists.length >= count, { what: `list ${count}` });
const failed = (follower: KeptFollower, count: number): Promise<unknown> =>
  until(() => follower.failures.length >= count, { what: `failure ${count}` });

describe('dns()', () => {
  it('gives a server for each address of the name, with an id made of address and port', async (t) => {
    const server = await NameServer.start(t);
    server.zones.set(NAME, { A: [{ address: '10.0.0.5' }, { address: '10.0.0.6' }] });
    const follower = follow(t, server, { port: 3333, transport: 'tls' });
    await listed(follower, 1);
    assert.deepEqual(follower.entries[0], [
      { id: '10.0.0.5:3333', serverType: 'chat', host: '10.0.0.5', port: 3333, transport: 'tls' },
      { id: '10.0.0.6:3333', serverType: 'chat', host: '10.0.0.6', port: 3333, transport: 'tls' },
    ]);
    assert.deepEqual(server.asked, [`A ${NAME}`]);
  });

  it('gives addresses of IPv6 where the name has none of IPv4', async (t) => {
    const server = await NameServer.start(t);
    server.zones.set(NAME, { AAAA: [{ address: 'fd00:0:0:0:0:0:0:5' }] });
    const follower = follow(t, server, { port: 3333 });
    await listed(follower, 1);
    assert.deepEqual(follower.lists[0], ['[fd00::5]:3333@fd00::5:3333']);
  });

  it('gives ports and weights of records of type SRV, those of the first priority', async (t) => {
    const server = await NameServer.start(t);
    server.zones.set(NAME, {
      SRV: [
        { name: 'reserve.example', port: 3335, priority: 20 },
        { name: 'chat-0.example', port: 3333, priority: 10, weight: 3 },
        { name: 'chat-1.example', port: 3334, priority: 10 },
      ],
    });
    const follower = follow(t, server, { id: ({ host }) => host.split('.')[0] ?? '' });
    await listed(follower, 1);
    assert.deepEqual(follower.entries[0], [
      { id: 'chat-0', serverType: 'chat', host: 'chat-0.example', port: 3333, weight: 3 },
      { id: 'chat-1', serverType: 'chat', host: 'chat-1.example', port: 3334 },
    ]);
  });

  it('reports records of type SRV that deny the service as a failure', async (t) => {
    const server = await NameServer.start(t);
    server.zones.set(NAME, { SRV: [{ name: '', port: 0 }] });
    const follower = follow(t, server);
    await failed(follower, 1);
    assert.match(follower.failures[0]?.message ?? '', /say that the service does not exist, from 127\.0\.0\.1:\d+$/);
    assert.deepEqual(follower.lists, []);
  });

  it('asks again when the time to live is over, and gives the new addresses', async (t) => {
    const server = await NameServer.start(t);
    server.zones.set(NAME, { A: [{ address: '10.0.0.5', ttl: 1 }] });
    const follower = follow(t, server, { port: 3333, interval: 600_000 });
    await listed(follower, 1);
    server.zones.set(NAME, { A: [{ address: '10.0.0.6', ttl: 60 }] });
    await listed(follower, 2);
    assert.deepEqual(follower.lists[1], ['10.0.0.6:3333@10.0.0.6:3333']);
  });

  for (const [what, spoil, wanted] of [
    ['an empty answer', (server: NameServer) => server.zones.set(NAME, {}), /queryAaaa ENODATA/],
    ['a name that is gone', (server: NameServer) => server.zones.delete(NAME), /queryAaaa ENOTFOUND/],
    ['a failed server', (server: NameServer) => (server.rcode = RCODE.serverFailure), /queryA ESERVFAIL/],
    ['a refusal', (server: NameServer) => (server.rcode = RCODE.refused), /queryA EREFUSED/],
    ['a silent server', (server: NameServer) => (server.isSilent = true), /queryA ETIMEOUT/],
  ] as const) {
    it(`reports ${what} as a failure, gives no list for it, and goes on asking`, async (t) => {
      const server = await NameServer.start(t);
      server.zones.set(NAME, { A: [{ address: '10.0.0.5' }] });
      const follower = follow(t, server, { port: 3333 });
      await listed(follower, 1);
      spoil(server);
      await failed(follower, 1);
      assert.match(follower.failures[0]?.message ?? '', wanted);
      assert.equal(follower.failures[0]?.code, 'ERR_RPC_REGISTRY');
      assert.equal(follower.lists.length, 1);
      server.rcode = undefined;
      server.isSilent = false;
      server.zones.set(NAME, { A: [{ address: '10.0.0.7' }] });
      await listed(follower, 2);
      assert.deepEqual(follower.lists[1], ['10.0.0.7:3333@10.0.0.7:3333']);
    });
  }

  it('advises the full name where a short one does not exist', async (t) => {
    const server = await NameServer.start(t);
    const follower = follow(t, server, { name: 'chat', port: 3333 });
    await failed(follower, 1);
    assert.match(follower.failures[0]?.message ?? '', /; give the full name, since search domains are not read$/);
  });

  it('asks no more after the end', async (t) => {
    const server = await NameServer.start(t);
    server.isSilent = true;
    const follower = keptFollower();
    const source = dns({ name: NAME, serverType: 'chat', port: 3333, nameServers: [server.address] });
    const following = source.follow(follower);
    await until(() => server.asked.length > 0, { what: 'a question' });
    following.close();
    await new Promise(setImmediate);
    assert.deepEqual([follower.lists, follower.failures], [[], []]);
  });

  it('refuses options out of range, by name', () => {
    const refused = (options: object): string => {
      try {
        dns({ name: NAME, serverType: 'chat', port: 1, ...options } as DnsOptions);
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(refused({ name: '10.0.0.5' }), 'the name of dns() must be a name, got the address "10.0.0.5"');
    assert.match(refused({ name: 'http://chat' }), /^the name of dns\(\) must be an address or a host name/);
    assert.equal(refused({ serverType: '' }), 'the serverType of dns() must be a non-empty string, got ""');
    assert.equal(refused({ port: 0 }), 'the port of dns() must be an integer from 1 to 65535, got 0');
    assert.match(
      refused({ transport: 'unix' }),
      /^the transport of dns\(\) must be one of tcp, tls, ws, wss, got "unix"/,
    );
    assert.match(
      refused({ interval: 10 }),
      /^the interval of dns\(\) must be an integer from 1000 to 2147483647 ms, got 10/,
    );
    assert.match(refused({ nameServers: ['ns1'] }), /^the nameServers of dns\(\) must be a list of addresses/);
    assert.match(refused({ id: 'chat-1' }), /^the id of dns\(\) must be a function/);
  });
});
