import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

const BOTH = ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0/rpc'];
const nowhere = { port: undefined };
const entry = (url = '') => ({ id: 'test-1', serverType: 'test', url });

describe('a server that listens at several places', () => {
  it('serves the same methods at all of them, and names them', async (t) => {
    expectNoLeaks(t);
    const { server, log } = await serve(t, { f: () => 'yes' }, { ...nowhere, listen: BOTH });
    const [tcp, ws] = server.urls;
    assert.match(String(tcp), /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    assert.match(String(ws), /^ws:\/\/127\.0\.0\.1:[1-9]\d*\/rpc$/);
    assert.deepEqual([server.host, `tcp://127.0.0.1:${server.port}`], ['127.0.0.1', tcp]);
    assert.ok(
      log.some((line) => line.endsWith(`listens on ${tcp} and ${ws}, reachable from this machine only`)),
      log.join('\n'),
    );
    for (const url of server.urls) {
      const { calls, client } = await call(t, [], {});
      client.addServer(entry(url));
      assert.equal(await calls.f(null), 'yes');
    }
  });

  it('counts the connections of all of them together', async (t) => {
    const { server } = await serve(t, { f: () => 'yes' }, { ...nowhere, listen: BOTH, maxConnections: 1 });
    const [first, second] = await Promise.all(
      server.urls.map(
        async (url) =>
          await call(t, [], { timeout: 300 }).then(({ client, calls }) => {
            client.addServer(entry(url));
            return calls;
          }),
      ),
    );
    assert.equal(await first?.f(null), 'yes');
    assert.equal((await failure(second?.f(null))).code, 'ERR_RPC_CONNECT');
  });

  it('is not at a WebSocket’s port with another path', async (t) => {
    const { server, log } = await serve(t, { f: () => 'yes' }, { ...nowhere, listen: BOTH });
    const { calls, client } = await call(t, [], { timeout: 300 });
    client.addServer(entry(server.urls[1]?.replace('/rpc', '/other')));
    assert.match((await failure(calls.f(null))).message, /404/);
    assert.equal(log.length, 1);
  });

  it('takes none of them where one is held, and names that one', async (t) => {
    expectNoLeaks(t);
    const { port } = await serve(t, { f() {} });
    const listen = ['tcp://127.0.0.1:0', `tcp://127.0.0.1:${port}`];
    const error = await failure(serve(t, { f() {} }, { ...nowhere, listen, id: 'other-1' }));
    assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
    assert.match(error.message, new RegExp(`port ${port} .*is in use, by .*"test-1"`));
  });

  it('leaves all of them when it stops', async (t) => {
    expectNoLeaks(t);
    const { server } = await serve(t, { f: () => 'yes' }, { ...nowhere, listen: BOTH });
    const { urls } = server;
    await server.stop();
    const again = await serve(t, { f: () => 'again' }, { ...nowhere, listen: urls });
    assert.deepEqual(again.server.urls, urls);
  });

  it('is taken over at all of them by a standby', async (t) => {
    const first = await serve(t, { f: () => 'first' }, { ...nowhere, listen: BOTH });
    const { urls } = first.server;
    const standby = await serve(t, { f: () => 'second' }, { ...nowhere, listen: urls, standby: true });
    assert.equal(standby.server.state, 'standby');
    await first.server.stop();
    await until(() => standby.server.state === 'leader', { what: 'the standby to lead' });
    for (const url of urls) {
      const { calls, client } = await call(t, []);
      client.addServer(entry(url));
      assert.equal(await calls.f(null), 'second');
    }
  });
});

describe('a client whose server stands at a URL', () => {
  it('goes to the new place when the URL changes', async (t) => {
    expectNoLeaks(t);
    const [a, b] = await Promise.all([
      serve(t, { f: () => 'a' }, { ...nowhere, listen: 'ws://127.0.0.1:0/a' }),
      serve(t, { f: () => 'b' }, { ...nowhere, listen: 'ws://127.0.0.1:0/b' }),
    ]);
    const { calls, client } = await call(t, []);
    client.addServer(entry(a.server.urls[0]));
    assert.equal(await calls.f(null), 'a');
    client.addServer(entry(b.server.urls[0]));
    assert.equal(await calls.f(null), 'b');
  });
});
