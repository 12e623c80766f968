import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type Fleet, FleetPoller, type FleetTargets, openFleet } from '../../../observe/fleet/index.js';
import { serve, unusedPort } from '../../behaviour/support.js';
import { authority, makeAuthority, tlsOf, withoutOpenssl } from '../../support/certificates.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { serveAt } from '../../transport/conformance/serve-at.js';
import { everyTransport } from '../../transport/conformance/transports.js';

const SECRET = 'a secret of more than sixteen bytes';

async function open(t: Pick<TestContext, 'after'>, targets: FleetTargets): Promise<Fleet> {
  const fleet = await openFleet({ timeout: 20_000, ...targets });
  t.after(() => fleet.stop());
  return fleet;
}

const roster = ({ client }: Fleet) =>
  Object.values(client.servers).map(({ id, serverType, url }) => [id, serverType, url]);

/** The reason for which the only address has no server. */
function reason({ unknown }: Fleet): readonly [code: string, message: string] {
  const [first] = unknown;
  assert.ok(first !== undefined, 'a server was found');
  return [first.failure.code, first.failure.message];
}

everyTransport((transport) => {
  it('an address leads to its server, with id and type', async (t) => {
    expectNoLeaks(t);
    const { url } = await serveAt(t, transport, { f() {} }, { id: 'chat-1', serverType: 'chat' });
    const fleet = await open(t, { addresses: [url], client: transport.client ?? {} });
    assert.deepEqual(fleet.unknown, []);
    assert.deepEqual(roster(fleet), [['chat-1', 'chat', url]]);
  });
});

describe('addresses', () => {
  it('need a secret or a certificate where the server does', async (t) => {
    const { port } = await serve(t, { f() {} }, { secret: SECRET });
    const addresses = [`127.0.0.1:${port}`];
    const stranger = await open(t, { addresses });
    const [code, message] = reason(stranger);
    assert.equal(code, 'ERR_RPC_UNAUTHENTICATED');
    assert.match(message, /secret/);
    const fleet = await open(t, { addresses, client: { secret: SECRET } });
    assert.deepEqual(
      roster(fleet).map(([id]) => id),
      ['test-1'],
    );
  });

  it('over TLS need no scheme where TLS options are given', { skip: withoutOpenssl }, async (t) => {
    const { server } = await serve(
      t,
      { f() {} },
      { port: undefined, listen: 'tls://127.0.0.1:0', tls: tlsOf('server', false) },
    );
    const addresses = [new URL(String(server.urls[0])).host];
    const plain = await open(t, { addresses });
    assert.match(reason(plain)[0], /^ERR_RPC_/);
    const strange = await open(t, { addresses, client: { tls: { ca: makeAuthority('another').ca } } });
    assert.equal(reason(strange)[0], 'ERR_RPC_CERTIFICATE');
    const fleet = await open(t, { addresses, client: { tls: { ca: authority().ca } } });
    assert.deepEqual(
      roster(fleet).map(([id]) => id),
      ['test-1'],
    );
  });

  it('lead nowhere with the reason: nobody listens, or another program', async (t) => {
    expectNoLeaks(t);
    const stranger = createNetServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    t.after(() => stranger.close());
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const unused = await unusedPort(t);
    const fleet = await open(t, { addresses: [`127.0.0.1:${unused}`, `127.0.0.1:${port}`] });
    const [nobody, other] = fleet.unknown.map(({ failure }) => failure);
    assert.equal(nobody?.code, 'ERR_RPC_CONNECT');
    assert.match(nobody?.message ?? '', /ECONNREFUSED/);
    assert.match(other?.code ?? '', /^ERR_RPC_/);
  });

  it('are looked at again, and are unreachable in samples meanwhile', async (t) => {
    const port = await unusedPort(t);
    const fleet = await open(t, { addresses: [`127.0.0.1:${port}`] });
    const poller = new FleetPoller(fleet.client, { places: fleet });
    const [away] = (await poller.poll()).servers;
    assert.deepEqual(
      [away?.id, away?.state, away?.url],
      [`127.0.0.1:${port}`, 'unreachable', `tcp://127.0.0.1:${port}`],
    );
    await serve(t, { f() {} }, { port });
    await fleet.lookAgain();
    const { servers } = await poller.poll();
    assert.deepEqual(
      servers.map(({ id, state }) => [id, state]),
      [['test-1', 'answered']],
    );
  });

  it('with an id in front are taken at their word', async (t) => {
    const { port } = await serve(t, { f() {} }, { inspect: false });
    const fleet = await open(t, { addresses: [`test-1@127.0.0.1:${port}`] });
    assert.deepEqual(roster(fleet), [['test-1', '', `tcp://127.0.0.1:${port}`]]);
    const two = await open(t, { addresses: [`127.0.0.1:${port}`, `test-1@127.0.0.1:1`] });
    assert.match(reason(two)[1], /leads to the server "test-1", which is in the list at/);
  });

  it('are refused at once where they are out of form, or where there is none', async () => {
    await assert.rejects(openFleet({ addresses: ['nonsense'] }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    await assert.rejects(openFleet({}), /no server is named: give an address, or an etcd/);
  });
});
