import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BareClient } from '../client.js';
import { Client, createClient } from '../node-client.js';

describe('BareClient', () => {
  it('makes proxies on demand, and rejects a record with a path', () => {
    const client = new BareClient();
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    assert.equal(typeof client.proxies['user']?.['test']?.['any']?.['method'], 'function');
    const path = new URL('./proxy/fixtures/remote', import.meta.url);
    assert.throws(() => client.addProxy({ namespace: 'user', serverType: 'test', path }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /cannot load remote modules; leave `path` out/,
    });
  });

  it('rejects the option secret', () => {
    assert.throws(() => new BareClient({ secret: 'a secret that is long enough' }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: 'this client cannot prove a secret; leave the option `secret` out',
    });
  });

  it('rejects the option share', () => {
    assert.throws(() => new BareClient({ share: { port: 7_777 } }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /cannot share mailboxes; leave the option `share` out/,
    });
  });
});

describe('Client', () => {
  it('is a bare client that loads remote modules', () => {
    const path = new URL('./proxy/fixtures/remote', import.meta.url);
    for (const client of [
      new Client({ context: { prefix: 'func' } }),
      Client.create({ context: { prefix: 'func' } }),
    ]) {
      client.addProxy({ namespace: 'user', serverType: 'test', path });
      assert.deepEqual(Object.keys(client.proxies['user']?.['test'] ?? {}).sort(), ['module1', 'renamed']);
    }
    assert.ok(createClient() instanceof Client);
    assert.ok(createClient() instanceof BareClient);
    class Own extends Client {}
    assert.ok(new Own() instanceof Client);
    assert.equal(createClient().constructor.name, 'Client');
  });
});
