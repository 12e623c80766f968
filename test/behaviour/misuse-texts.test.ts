import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient } from '../../node-client.js';
import { failure } from './support.js';

describe('the text of an error for a wrong use of a client', () => {
  it('says to start the client before the call', async () => {
    const client = createClient();
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    assert.equal(
      (await failure(client.proxies.user.test.m.f(null))).message,
      'user.m.f: the client is not started: await client.start() before the call',
    );
  });

  it('says to make another client after a stop', async () => {
    const client = createClient();
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    await client.start();
    assert.equal((await failure(client.start())).message, 'the client is started already: call start() once');
    await client.stop();
    assert.equal(
      (await failure(client.proxies.user.test.m.f(null))).message,
      'user.m.f: the client is stopped: make another client for further calls',
    );
    assert.equal(
      (await failure(client.start())).message,
      'the client is closed, and cannot be started again: make another client',
    );
  });

  it('names the method that takes a list, where a list was given for one', () => {
    const client = createClient();
    assert.throws(() => client.addProxy([{ namespace: 'user', serverType: 'test' }] as never), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: 'addProxy() takes one record, got a list: give the list to addProxies()',
    });
    assert.throws(() => client.addServer([{ id: 'a', serverType: 'test', port: 1 }] as never), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: 'addServer() takes one server, got a list: give the list to addServers()',
    });
  });
});
