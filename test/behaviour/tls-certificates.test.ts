import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions, ServerOptions } from '../../index.js';
import { type CallerIdentity, callContext } from '../../index.js';
import { findCause } from '../../lib/errors.js';
import { authority, certificate, makeAuthority, tlsOf, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { call, failure, serve } from './support.js';

type Scheme = 'tls' | 'wss';
type Tls = NonNullable<ServerOptions['tls']>;

/** A server that demands certificates, unless the options are others, and a good caller of its own. */
async function setUp(t: TestContext, scheme: Scheme, tls: Tls = tlsOf('server')) {
  let identity: CallerIdentity | undefined;
  const service = {
    f: () => 'served',
    who: () => {
      identity = callContext()?.caller?.identity;
    },
  };
  const served = await serve(t, service, { port: undefined, listen: `${scheme}://127.0.0.1:0`, tls });
  const [url = ''] = served.server.urls;
  const refusals = () => served.log.filter((line) => line.includes('refused a connection'));
  return { ...served, url, refusals, identity: () => identity };
}

/** A client of that server. */
async function callWith(t: TestContext, url: string, tls: ClientOptions['tls'], timeout = 10_000) {
  const calling = await call(t, [], { timeout, ...(tls && { tls }) });
  calling.client.addServer({ id: 'test-1', serverType: 'test', url });
  return calling;
}

/** The error of a call, which must have the code of certificates, and its text. */
async function refusalOf(t: TestContext, url: string, tls: ClientOptions['tls']): Promise<string> {
  const { calls } = await callWith(t, url, tls, 500);
  const error = await failure(calls.f(null));
  assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
  const cause = findCause(error, 'ERR_RPC_CERTIFICATE');
  assert.ok(cause !== undefined, `no code of a certificate in: ${error.stack}`);
  assert.ok(error.message.includes(cause.message), error.message);
  assert.match(error.message, /certificate/);
  return cause.message;
}

describe('the certificate of a server', { skip: withoutOpenssl }, () => {
  const other = withoutOpenssl === false ? makeAuthority('another authority') : undefined;
  const { ca = '' } = withoutOpenssl === false ? authority() : {};
  const issue = (options: Parameters<ReturnType<typeof authority>['issue']>[0]) => authority().issue(options);
  const cases: readonly [what: string, server: () => Tls, client: () => ClientOptions['tls'], text: RegExp][] = [
    [
      'of another authority',
      () => other?.issue({ name: 'server' }) ?? {},
      () => ({ ca }),
      /^the certificate of tls:.* comes from an authority that tls\.ca lacks, .*\((?:UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN)\)$/,
    ],
    [
      'where the client has no tls.ca',
      () => tlsOf('server', false),
      () => undefined,
      /^the certificate of tls:.* comes from an authority that tls\.ca lacks/,
    ],
    [
      'for another name',
      () => issue({ name: 'elsewhere', names: ['DNS:elsewhere.example'] }),
      () => ({ ca }),
      /^the certificate of tls:.* is for another name: the certificate has "DNS:elsewhere\.example", and not "127\.0\.0\.1"; .*tls\.servername$/,
    ],
    [
      'for another use',
      () => issue({ name: 'server', usage: 'clientAuth' }),
      () => ({ ca }),
      /^the certificate of tls:.* may not be used at this end \(extendedKeyUsage\) \(INVALID_PURPOSE\)$/,
    ],
  ];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [what, server, client, text] of cases) {
      it(`${what} is refused over ${version}, and the log of the server has a line`, async (t) => {
        expectNoLeaks(t);
        const { cert, key } = server();
        const { url, refusals } = await setUp(t, 'tls', { cert, key, maxVersion: version });
        assert.match(await refusalOf(t, url, client()), text);
        await until(() => refusals().length > 0, { what: 'a line in the log' });
        assert.match(
          refusals()[0] ?? '',
          /from tls:\/\/127\.0\.0\.1:\d+: the peer ended the connection in the TLS handshake, as a caller does that does not accept the certificate of this server$/,
        );
      });
    }

  it('that has expired keeps the server from starting, with the date', async (t) => {
    const { certFile, keyFile } = issue({ name: 'old', to: '20200201000000Z' });
    const starting = setUp(t, 'tls', { certFile, keyFile });
    const error = await failure(starting);
    assert.equal(error.code, 'ERR_RPC_CERTIFICATE');
    assert.match(error.message, /^the certificate of tls expired on Feb +1 .*2020 GMT: renew the certificate$/);
  });

  it('that expires while the server runs is refused by callers', async (t) => {
    // A server of another program, since ours would not start with such a certificate.
    const { cert, key } = issue({ name: 'old', to: '20200201000000Z' });
    const { createServer } = await import('node:tls');
    const server = createServer({ cert, key }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await untilEvent(server, 'listening', { what: 'the server' });
    const { port } = server.address() as { port: number };
    const text = await refusalOf(t, `tls://127.0.0.1:${port}`, { ca });
    assert.match(text, /^the certificate of tls:.* has expired \(CERT_HAS_EXPIRED\)$/);
  });

  it('may have another name than the host, where the client gives that name', async (t) => {
    const { cert, key } = issue({ name: 'chat.internal', names: ['DNS:chat.internal'] });
    for (const scheme of ['tls', 'wss'] as const) {
      const { url } = await setUp(t, scheme, { cert, key });
      const { calls } = await callWith(t, url, { ca, servername: 'chat.internal' });
      assert.equal(await calls.f(null), 'served');
    }
  });
});

describe('the certificate of a client', { skip: withoutOpenssl }, () => {
  const ca = () => authority().ca;
  const cases: readonly [what: string, client: () => ClientOptions['tls'], fault: RegExp][] = [
    ['is missing', () => ({ ca: ca() }), /is missing: this server demands one/],
    [
      'comes from another authority',
      () => {
        const { cert, key } = makeAuthority('strangers').issue({ name: 'client' });
        return { ca: ca(), cert, key };
      },
      /comes from an authority that tls\.ca lacks/,
    ],
    [
      'has expired',
      () => {
        const { cert, key } = authority().issue({ name: 'client', to: '20200201000000Z' });
        return { ca: ca(), cert, key };
      },
      /has expired \(CERT_HAS_EXPIRED\)/,
    ],
    [
      'is not valid yet',
      () => {
        const { cert, key } = authority().issue({ name: 'client', from: '20490101000000Z' });
        return { ca: ca(), cert, key };
      },
      /is not valid yet \(CERT_NOT_YET_VALID\)/,
    ],
    [
      'is for servers',
      () => {
        const { cert, key } = authority().issue({ name: 'client', usage: 'serverAuth' });
        return { ca: ca(), cert, key };
      },
      /may not be used at this end/,
    ],
  ];
  for (const scheme of ['tls', 'wss'] as const)
    for (const [what, client, fault] of cases) {
      it(`that ${what} is refused over ${scheme} with the reason, and the others are served`, async (t) => {
        expectNoLeaks(t);
        const { url, refusals, server } = await setUp(t, scheme);
        const connected: string[] = [];
        const good = await callWith(t, url, tlsOf('client'));
        assert.equal(await good.calls.f(null), 'served');
        server.on('connection', ({ peer }) => connected.push(peer));
        const text = await refusalOf(t, url, client());
        assert.match(text, /^the certificate of the client /);
        assert.match(text, fault);
        assert.match(refusals()[0] ?? '', /from (?:tls|wss):\/\/127\.0\.0\.1:\d+: the certificate of the client /);
        assert.match(refusals()[0] ?? '', fault);
        assert.deepEqual(connected, [], 'a refused peer is no connection');
        assert.equal(await good.calls.f(null), 'served');
        assert.equal(good.moves.length, 2);
      });
    }

  it('that was revoked is refused', async (t) => {
    const own = makeAuthority('revoking');
    const [server, client] = [own.issue({ name: 'server' }), own.issue({ name: 'client' })];
    const pair = ({ cert, key }: typeof client) => ({ cert, key, ca: own.ca });
    const crl = own.revoke(client);
    const { url } = await setUp(t, 'tls', { ...pair(server), crl });
    assert.match(await refusalOf(t, url, pair(client)), /was revoked \(CERT_REVOKED\)/);
    const { calls } = await callWith(t, url, pair(own.issue({ name: 'another' })));
    assert.equal(await calls.f(null), 'served');
  });

  it('is the identity of the caller for the methods', async (t) => {
    const names = ['DNS:gateway.internal', 'URI:spiffe://shop/gateway', 'IP:10.0.0.7'];
    const { cert, key } = authority().issue({ name: 'gateway', names });
    for (const scheme of ['tls', 'wss'] as const) {
      const { url, identity } = await setUp(t, scheme);
      const { calls } = await callWith(t, url, { ca: ca(), cert, key });
      await calls.who(null);
      const proven = identity()?.proven.certificate;
      assert.match(proven?.fingerprint ?? '', /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      assert.deepEqual(
        { ...proven, fingerprint: '' },
        {
          name: 'gateway',
          names: ['DNS:gateway.internal', 'URI:spiffe://shop/gateway', 'IP Address:10.0.0.7'],
          issuer: 'mailstation tests',
          fingerprint: '',
        },
      );
      assert.ok(Object.isFrozen(proven));
    }
  });

  it('proves nothing where the server does not verify it', async (t) => {
    const lax = { ...tlsOf('server'), rejectUnauthorized: false };
    const { cert, key } = makeAuthority('strangers').issue({ name: 'admin' });
    const { url, identity } = await setUp(t, 'tls', lax);
    for (const tls of [{ ca: ca() }, { ca: ca(), cert, key }]) {
      const { calls } = await callWith(t, url, tls);
      await calls.who(null);
      assert.equal(identity()?.proven.certificate, undefined);
    }
    const { calls } = await callWith(t, url, tlsOf('client'));
    await calls.who(null);
    assert.equal(identity()?.proven.certificate?.name, 'client');
  });

  it('is demanded again of a caller that resumes a session', async (t) => {
    const lax = { ...tlsOf('server'), rejectUnauthorized: false };
    for (const tls of [tlsOf('server'), lax]) {
      const { port } = await setUp(t, 'tls', tls);
      const tickets: Buffer[] = [];
      const dial = async (session?: Buffer): Promise<boolean> => {
        const socket = connectTls({ port, host: '127.0.0.1', ca: ca(), ...(session && { session }) });
        socket.on('session', (ticket: Buffer) => tickets.push(ticket));
        socket.on('error', () => {});
        await untilEvent(socket, 'secureConnect', { what: 'the handshake' });
        const isReused = socket.isSessionReused();
        socket.end();
        socket.resume();
        await untilEvent(socket, 'close', { what: 'the end' });
        return isReused;
      };
      await dial();
      const [ticket] = tickets;
      assert.equal(ticket !== undefined && (await dial(ticket)), false);
    }
  });

  it('of a flood of strangers is one line a second in the log', async (t) => {
    const { port, refusals, url } = await setUp(t, 'tls');
    const startedAt = performance.now();
    const strangers = Array.from({ length: 150 }, async () => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: ca() });
      socket.on('error', () => {});
      socket.resume();
      await untilEvent(socket, 'close', { what: 'the end' });
    });
    const { calls } = await callWith(t, url, tlsOf('client'));
    assert.equal(await calls.f(null), 'served');
    await Promise.all(strangers);
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(refusals().length <= seconds + 2, refusals().join('\n'));
  });
});

describe('a client of a server of another program', { skip: withoutOpenssl }, () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`names the certificate where that server ends the connection over ${version}`, async (t) => {
      const { createServer } = await import('node:tls');
      const { cert, key, ca } = tlsOf('server');
      const options = { cert, key, ca, requestCert: true, rejectUnauthorized: true, maxVersion: version };
      const server = createServer(options, (socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
      t.after(() => server.close());
      await untilEvent(server, 'listening', { what: 'the server' });
      const { port } = server.address() as { port: number };
      const stranger = makeAuthority('strangers').issue({ name: 'client' });
      for (const own of [{}, { cert: stranger.cert, key: stranger.key }]) {
        const { calls } = await callWith(t, `tls://127.0.0.1:${port}`, { ca: authority().ca, ...own }, 500);
        const error = await failure(calls.f(null));
        assert.equal(error.code, 'ERR_RPC_CONNECT');
        assert.match(error.message, /certificate/);
      }
    });
});

describe('names in a certificate', { skip: withoutOpenssl }, () => {
  it('cannot forge a line of the log, or a further name', async (t) => {
    const { cert, key } = authority().issue({ name: 'a', names: ['email:x@a.example', 'DNS:b.example'] });
    const { url, identity } = await setUp(t, 'tls');
    const { calls } = await callWith(t, url, { ca: authority().ca, cert, key });
    await calls.who(null);
    assert.deepEqual(identity()?.proven.certificate?.names, ['email:x@a.example', 'DNS:b.example']);
    assert.equal(certificate('a').cert.includes('BEGIN'), true);
  });
});
