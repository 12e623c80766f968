import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { etcd } from '../../etcd.js';
import { createClient, createServer, RpcCode, type RpcError } from '../../index.js';
import { quietLogger } from '../../lib/diagnostics.js';
import { whyNoEtcd } from '../support/etcd/etcd-binary.js';
import { startEtcd } from '../support/etcd/etcd-cluster.js';
import { until } from '../support/until.js';

const skip = whyNoEtcd();
const logger = { ...quietLogger, warn: () => {}, error: () => {} };

function serverOn(t: TestContext, id: string, hosts: readonly string[]) {
  const services = { user: { rooms: { who: async () => id } } };
  const registry = etcd({ hosts, namespace: 'tests' });
  const server = createServer({ id, serverType: 'chat', port: 0, services, registry, logger });
  t.after(() => server.stop(true));
  return server;
}

describe('servers and clients on etcd', { skip }, () => {
  it('find each other, and a server that stops is gone from the client', async (t) => {
    const { urls: hosts } = await startEtcd(t);
    const [one, two] = [serverOn(t, 'chat-1', hosts), serverOn(t, 'chat-2', hosts)];
    await one.start();
    const client = createClient({ registry: etcd({ hosts, namespace: 'tests' }), router: 'rr', logger });
    t.after(() => client.stop(true));
    client.addProxy({ namespace: 'user', serverType: 'chat' });
    await client.start();
    const who = (): Promise<unknown> =>
      client.proxies['user']?.['chat']?.['rooms']?.['who']?.(null) as Promise<unknown>;
    assert.equal(await who(), 'chat-1');
    await two.start();
    await until(async () => (await who()) === 'chat-2', { what: 'the second server to be called' });
    await two.stop();
    for (let call = 0; call < 4; call++) assert.equal(await who(), 'chat-1');
  });

  it('do not start where etcd does not answer, and the error names the host', async (t) => {
    const client = createClient({
      registry: etcd({ hosts: 'http://127.0.0.1:1', namespace: 'tests' }),
      registryTimeout: 1_000,
      logger,
    });
    t.after(() => client.stop(true));
    const error: RpcError = await client.start().then(
      () => assert.fail('the client started'),
      (failure: RpcError) => failure,
    );
    assert.equal(error.code, RpcCode.Registry);
    assert.match(error.message, /http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/);
  });
});
