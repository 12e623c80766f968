import assert from 'node:assert/strict';
import dns from 'node:dns';
import { describe, it, type TestContext } from 'node:test';
import { createClient } from '../../index.js';
import { call, failure, serve, unusedPort } from './support.js';

/** Gives a name addresses of its own, for the time of a test. */
function resolves(t: TestContext, name: string, addresses: readonly dns.LookupAddress[]): void {
  const original = dns.lookup as (...args: unknown[]) => void;
  const lookup = (host: string, options: dns.LookupAllOptions, callback: (...args: unknown[]) => void): void => {
    if (host === name) process.nextTick(callback, null, addresses);
    else original(host, options, callback);
  };
  t.mock.method(dns, 'lookup', lookup as never);
}

const BOTH = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

describe('an address', () => {
  for (const host of ['::1', '[::1]', 'localhost', '127.0.0.1']) {
    it(`of loopback, ${host}, means the same to the server and the client`, async (t) => {
      const served = await serve(t, { f: () => 1 }, { host });
      assert.equal(served.server.host, '127.0.0.1');
      for (const clientHost of [host, '127.0.0.1', '::1', 'localhost']) {
        const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', host: clientHost, port: served.port }]);
        assert.equal(await calls.f(null), 1, clientHost);
      }
    });
  }

  for (const transport of ['tcp', 'ws'] as const) {
    it(`that is a name of several is tried at each of them, over ${transport}`, async (t) => {
      resolves(t, 'both.test', BOTH);
      const { port } = await serve(t, { f: () => 1 }, { transport });
      const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', host: 'both.test', port, transport }]);
      assert.equal(await calls.f(null), 1);
    });

    it(`that is a name of several, and refused at all of them over ${transport}: the error says why`, async (t) => {
      resolves(t, 'both.test', BOTH);
      const port = await unusedPort(t);
      const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', host: 'both.test', port, transport }], {
        timeout: 300,
      });
      const error = await failure(calls.f(null));
      assert.equal(error.code, 'ERR_RPC_CONNECT');
      assert.match(error.message, new RegExp(`ECONNREFUSED ::1:${port}.*ECONNREFUSED 127\\.0\\.0\\.1:${port}`));
    });
  }

  it('that is a URL or has a port is refused when the server is added', () => {
    const client = createClient();
    for (const host of ['tcp://10.0.0.1', '10.0.0.1:80', ' 10.0.0.1']) {
      assert.throws(() => client.addServer({ id: 'test-1', serverType: 'test', host, port: 1 }), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: /^the host of server test-1 must be an address or a host name, got /,
      });
    }
  });
});
