import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerOptions } from '../../index.js';
import { cluster, createServer } from '../../index.js';
import { authority, tlsOf, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { call, failure, keptLog, serve } from './support.js';

describe('the option tls', { skip: withoutOpenssl }, () => {
  const client = () => ({ tls: { ca: authority().ca } });

  it('is enough for TLS at both ends, without a word about transports', async (t) => {
    expectNoLeaks(t);
    const { port, server } = await serve(t, { f: () => 'served' }, { tls: tlsOf('server', false) });
    assert.deepEqual(server.urls, [`tls://127.0.0.1:${port}`]);
    const entry = { id: 'test-1', serverType: 'test', port };
    for (const add of ['addServer', 'addServers', 'replaceServers'] as const) {
      const { client: caller, calls } = await call(t, [], client());
      if (add === 'addServer') caller.addServer(entry);
      else caller[add]([entry]);
      assert.equal(await calls.f(null), 'served');
    }
  });

  it('leaves servers alone whose entries name another transport', async (t) => {
    const { info, server } = await serve(t, { f: () => 'plain' });
    for (const entry of [info, { id: 'test-1', serverType: 'test', url: server.urls[0] ?? '' }]) {
      const { calls } = await call(t, [entry as typeof info], client());
      assert.equal(await calls.f(null), 'plain');
    }
  });

  it('opens a place beyond loopback without insecure, and the first line says why', async (t) => {
    for (const [tls, why] of [
      [tlsOf('server', false), 'TLS'],
      [tlsOf('server'), 'TLS, certificate required'],
    ] as const) {
      const { log, port } = await serve(t, { f() {} }, { port: undefined, listen: 'tls://0.0.0.0:0', tls });
      assert.deepEqual(log, [`mailstation: test-1 listens on tls://0.0.0.0:${port}, ${why}`]);
    }
  });

  it('may differ from place to place', async (t) => {
    const listen = [
      { url: 'tls://127.0.0.1:0', tls: tlsOf('server', false) },
      { url: 'wss://127.0.0.1:0', tls: tlsOf('server') },
      'tcp://127.0.0.1:0',
    ];
    const { server } = await serve(t, { f: () => 'served' }, { port: undefined, listen });
    const [open = '', closed = ''] = server.urls;
    const { client: caller, calls } = await call(t, [], { timeout: 1_000, ...client() });
    caller.addServer({ id: 'test-1', serverType: 'test', url: open });
    assert.equal(await calls.f(null), 'served');
    caller.replaceServers([{ id: 'test-1', serverType: 'test', url: closed }]);
    assert.match((await failure(calls.f(null))).message, /the certificate of the client is missing/);
    await server.reloadTls();
    const error = await failure(server.reloadTls(tlsOf('server')));
    assert.equal(
      error.message,
      'reloadTls() takes no options here: each place has tls of its own, whose files are read again without options',
    );
  });

  const refused: readonly [what: string, options: () => Partial<ServerOptions>, message: string | RegExp][] = [
    [
      'a place with TLS and no certificate',
      () => ({ listen: 'tls://127.0.0.1:0' }),
      'tls://127.0.0.1:0 needs a certificate: give tls.certFile and tls.keyFile',
    ],
    [
      'an authority in the place of a certificate',
      () => ({ listen: 'wss://127.0.0.1:0', tls: { ca: authority().ca } }),
      'wss://127.0.0.1:0 needs a certificate: give tls.certFile and tls.keyFile',
    ],
    [
      'a certificate and no place for it',
      () => ({ listen: ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0'], tls: tlsOf('server') }),
      'tls is given, and 127.0.0.1:0 is not encrypted: give the transport tls or wss, or a URL that begins with tls:// or wss://',
    ],
    [
      'a certificate of a place without TLS',
      () => ({ listen: [{ url: 'ws://127.0.0.1:0', tls: tlsOf('server') }] }),
      'listen[0].tls is given, and ws://127.0.0.1:0 is not encrypted: write tls:// or wss://',
    ],
    [
      'a certificate beside the transport tcp',
      () => ({ port: 0, transport: 'tcp', tls: tlsOf('server') }),
      /^tls is given, and 127\.0\.0\.1:0 is not encrypted/,
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}`, () => {
      const make = () => createServer({ id: 'a', logger: keptLog().logger, ...options() });
      assert.throws(make, { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });
  }

  it('is refused where there is nothing to reload', async (t) => {
    const { server } = await serve(t, { f() {} });
    const error = await failure(server.reloadTls());
    assert.equal(error.message, 'reloadTls() has nothing to reload: the server was made without tls');
  });

  it('of processes that meet needs a certificate of each that may lead, and a port', () => {
    class Registry {}
    const { ca } = authority();
    assert.throws(() => cluster(Registry, { tls: { ca } }).create(), {
      message: 'tls needs a certificate at the end that listens: give tls.certFile and tls.keyFile',
    });
    assert.throws(() => cluster(Registry, { path: '/run/a.sock', tls: tlsOf('server') }).create(), {
      message: /^tls cannot be combined with the path of a socket/,
    });
  });

  it('lets a standby follow a Leader that has the same certificate', async (t) => {
    expectNoLeaks(t);
    const tls = tlsOf('server');
    const first = await serve(t, { f: () => 'first' }, { port: undefined, listen: 'tls://127.0.0.1:0', tls });
    const options = { port: undefined, listen: first.server.urls[0] ?? '', standby: true, tls };
    const second = await serve(t, { f: () => 'second' }, options);
    assert.equal(second.server.state, 'standby');
    await first.server.stop();
    const { client: caller, calls } = await call(t, [], { tls: tlsOf('client') });
    caller.addServer({ id: 'test-1', serverType: 'test', url: options.listen });
    assert.equal(await calls.f(null), 'second');
  });
});
