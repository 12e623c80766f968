import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type CallerIdentity, callContext, type TlsOptions } from '../../index.js';
import { authority, type Issued, makeAuthority, tlsOf, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { call, failure, serve } from './support.js';

/** Files that are replaced as a program that renews certificates does: each at once, one after the other. */
function renewable(t: TestContext, first: Issued) {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const put = (from: string, to: string): void => {
    copyFileSync(from, `${to}.new`);
    renameSync(`${to}.new`, to);
  };
  const renew = (issued: Issued): void => {
    put(issued.keyFile, keyFile);
    put(issued.certFile, certFile);
  };
  renew(first);
  return { certFile, keyFile, renew };
}

/** Common name of the certificate that a new connection to the port is shown. */
async function shownAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await untilEvent(socket, 'secureConnect', { what: 'the handshake' });
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

const ca = (): string => authority().ca;

describe('certificates that are renewed', { skip: withoutOpenssl }, () => {
  for (const scheme of ['tls', 'wss'] as const)
    it(`are used for new connections over ${scheme}, and open connections stay`, async (t) => {
      expectNoLeaks(t);
      const { certFile, keyFile, renew } = renewable(t, authority().issue({ name: 'first' }));
      const options = { port: undefined, listen: `${scheme}://127.0.0.1:0`, tls: { certFile, keyFile } };
      const { port, server, log } = await serve(t, { f: () => 'served' }, options);
      const { client, calls, moves } = await call(t, [], { tls: { ca: ca() } });
      client.addServer({ id: 'test-1', serverType: 'test', url: server.urls[0] ?? '' });
      assert.equal(await calls.f(null), 'served');
      assert.equal(await shownAt(port), 'first');
      renew(authority().issue({ name: 'second' }));
      await until(async () => (await shownAt(port)) === 'second', { what: 'the second certificate' });
      assert.equal(await calls.f(null), 'served');
      assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
      renew(authority().issue({ name: 'third' }));
      await server.reloadTls();
      assert.equal(await shownAt(port), 'third', 'at once');
      assert.deepEqual(
        log.filter((line) => line.includes('changed certificate')),
        [],
      );
    });

  it('are given as values too, with the whole set of options', async (t) => {
    const tls = tlsOf('server');
    const { server, port } = await serve(t, { f: () => 1 }, { port: undefined, listen: 'tls://127.0.0.1:0', tls });
    const { cert, key } = authority().issue({ name: 'second' });
    const half = await failure(server.reloadTls({ cert, key }));
    assert.equal(half.code, 'ERR_RPC_INVALID_ARGUMENT');
    assert.equal(
      half.message,
      'tls.requestCert cannot change from true to false: give the whole set of options again, ca among them',
    );
    assert.equal(await shownAt(port), 'server');
    await server.reloadTls({ cert, key, ca: ca() });
    assert.equal(await shownAt(port), 'second');
    const { client, calls } = await call(t, [], { tls: tlsOf('client') });
    client.addServer({ id: 'test-1', serverType: 'test', url: server.urls[0] ?? '' });
    assert.equal(await calls.f(null), 1);
  });

  it('that cannot be used change nothing, and the log names them once', async (t) => {
    const first = authority().issue({ name: 'first' });
    const { certFile, keyFile, renew } = renewable(t, first);
    const options = { port: undefined, listen: 'tls://127.0.0.1:0', tls: { certFile, keyFile } };
    const { server, port, log } = await serve(t, { f: () => 1 }, options);
    const lines = () => log.filter((line) => line.includes('changed certificate files'));
    const stranger = authority().issue({ name: 'second' });
    writeFileSync(certFile, stranger.cert); // without its key
    const error = await failure(server.reloadTls());
    assert.equal(error.code, 'ERR_RPC_INVALID_ARGUMENT');
    assert.equal(error.message, 'tls: the certificate cannot be used: the key belongs to another certificate');
    await until(() => lines().length > 0, { what: 'a line in the log' });
    assert.equal(
      lines()[0],
      `mailstation: changed certificate files are not used, and the former certificate stays: ${error.message}`,
    );
    assert.equal(await shownAt(port), 'first');
    const expired = authority().issue({ name: 'old', to: '20200201000000Z' });
    renew(expired);
    assert.equal((await failure(server.reloadTls())).code, 'ERR_RPC_CERTIFICATE');
    assert.equal(await shownAt(port), 'first');
    renew(stranger);
    await until(async () => (await shownAt(port)) === 'second', { what: 'the second certificate' });
    assert.ok(lines().length <= 2, lines().join('\n'));
  });

  it('of a client are used at the next connection', async (t) => {
    let identity: CallerIdentity | undefined;
    const service = {
      who: () => {
        identity = callContext()?.caller?.identity;
      },
    };
    const options = { port: undefined, listen: 'tls://127.0.0.1:0', tls: tlsOf('server') };
    const first = await serve(t, service, options);
    const { certFile, keyFile, renew } = renewable(t, authority().issue({ name: 'first' }));
    const { client, calls, moves } = await call(t, [], { tls: { certFile, keyFile, ca: ca() } });
    const [url = ''] = first.server.urls;
    client.addServer({ id: 'test-1', serverType: 'test', url });
    await calls.who(null);
    assert.equal(identity?.proven.certificate?.name, 'first');
    renew(authority().issue({ name: 'second' }));
    await first.server.stop(true);
    await until(() => moves.some((move) => move.startsWith('test-1 ready -> ')), { what: 'the end of the connection' });
    await serve(t, service, { ...options, listen: url });
    await calls.who(null);
    assert.equal(identity?.proven.certificate?.name, 'second');
  });

  it('need no restart where the authority changes: both are trusted for a while', async (t) => {
    const next = makeAuthority('the next authority');
    const both = ca() + next.ca;
    const tls: TlsOptions = { ...tlsOf('server'), ca: both };
    const { server } = await serve(t, { f: () => 1 }, { port: undefined, listen: 'tls://127.0.0.1:0', tls });
    const [url = ''] = server.urls;
    const { cert, key } = next.issue({ name: 'client' });
    const { client, calls } = await call(t, [], { tls: { cert, key, ca: both } });
    client.addServer({ id: 'test-1', serverType: 'test', url });
    assert.equal(await calls.f(null), 1);
    const renewed = next.issue({ name: 'server' });
    await server.reloadTls({ cert: renewed.cert, key: renewed.key, ca: next.ca });
    const late = await call(t, [], { timeout: 500, tls: tlsOf('client') });
    late.client.addServer({ id: 'test-1', serverType: 'test', url });
    assert.match((await failure(late.calls.f(null))).message, /certificate/);
    assert.equal(await calls.f(null), 1, 'the open connection stays');
  });

  it('change under load without one failed call', async (t) => {
    expectNoLeaks(t);
    const { certFile, keyFile, renew } = renewable(t, authority().issue({ name: 'c0' }));
    const tls = { certFile, keyFile, caFile: authority().caFile };
    const options = { port: undefined, listen: ['tls://127.0.0.1:0', 'wss://127.0.0.1:0'], tls };
    const { server } = await serve(t, { echo: (value: number) => value }, options);
    const tally = { made: 0, failed: [] as string[], reconnected: 0 };
    const abort = new AbortController();
    /** Calls without a pause over a client that lives for some calls, so that connections are made all the time. */
    const keepCalling = async (url: string): Promise<void> => {
      while (!abort.signal.aborted) {
        const { client, calls } = await call({ after() {} }, [], { tls });
        client.addServer({ id: 'test-1', serverType: 'test', url });
        for (let calling = 0; calling < 50; calling++) {
          tally.made += 1;
          const results = Array.from({ length: 8 }, (_, at) => calls.echo(null, at) as Promise<number>);
          for (const { reason } of (await Promise.allSettled(results)) as { reason?: Error }[])
            if (reason !== undefined) tally.failed.push(reason.message);
        }
        await client.stop();
        tally.reconnected += 1;
      }
    };
    const callers = server.urls.flatMap((url) => [keepCalling(url), keepCalling(url)]);
    for (let generation = 1; generation <= 12; generation++) {
      renew(authority().issue({ name: `c${generation}` }));
      if (generation % 2 === 0) await server.reloadTls();
      const before = tally.reconnected;
      await until(() => tally.reconnected > before, { what: 'a new connection' });
    }
    abort.abort();
    await Promise.all(callers);
    t.diagnostic(`${tally.made * 8} calls over ${tally.reconnected} connections and 12 certificates`);
    assert.deepEqual(tally.failed, []);
    assert.equal(server.state, 'leader');
  });
});
