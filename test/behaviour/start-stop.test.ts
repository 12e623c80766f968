import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient, createServer } from '../../index.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { expectNoLeaks } from '../support/leaks.js';
import { failure, keptLog, unusedPort } from './support.js';

describe('a start and a stop in one tick', () => {
  for (const standby of [false, true]) {
    it(`closes a server once, without an error: standby ${standby}`, async (t) => {
      expectNoLeaks(t);
      const { logger } = keptLog();
      const port = await unusedPort(t);
      const server = createServer({ id: 'one', port, services: {}, logger, standby });
      const events: string[] = [];
      server.on('error', (error) => events.push(`error: ${error.message}`));
      server.on('closed', () => events.push('closed'));
      const started = server.start();
      await server.stop();
      assert.deepEqual(events, ['closed']);
      assert.equal((await failure(started)).code, 'ERR_RPC_CLOSED');
    });
  }

  it('refuses the start of a client that was stopped before, in the same tick too', async (t) => {
    expectNoLeaks(t);
    const client = createClient();
    const stopped = client.stop();
    assert.equal((await failure(client.start())).code, 'ERR_RPC_CLOSED');
    assert.equal(client.state, 'closed');
    await stopped;
  });

  it('emits no error of a server whose port is in use, and start() has the reason', async (t) => {
    expectNoLeaks(t);
    const { logger } = keptLog();
    const holder = createServer({ port: 0, services: {}, logger });
    await holder.start();
    t.after(() => holder.stop(true));
    const server = createServer({ port: holder.port, services: {}, logger });
    const events: string[] = [];
    server.on('error', (error) => events.push(`error: ${error.message}`));
    server.on('closed', () => events.push('closed'));
    const started = server.start();
    await server.stop();
    assert.equal((await failure(started)).code, 'ERR_RPC_ADDRESS_IN_USE');
    assert.deepEqual(events, ['closed']);
  });

  it('rejects start() with the same reason where the stop was forced', async (t) => {
    expectNoLeaks(t);
    const { logger } = keptLog();
    const server = createServer({ port: 0, services: {}, logger });
    const started = failure(server.start());
    await server.stop(true);
    assert.equal((await started).message, 'the server was stopped while it was starting');
  });

  it('leaves no unhandled rejection, also where no listener hears of errors', async (t) => {
    expectNoLeaks(t);
    const unhandled = t.mock.fn();
    process.on('unhandledRejection', unhandled);
    t.after(() => process.off('unhandledRejection', unhandled));
    const { logger } = keptLog();
    const server = createServer({ port: 0, services: {}, logger });
    void server.start();
    await server.stop();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(unhandled.mock.callCount(), 0);
  });

  it('emits no error of a client, of a shared client, or of shared mailboxes', async (t) => {
    expectNoLeaks(t);
    const { logger, lines } = keptLog();
    const [sharePort, port] = [await unusedPort(t), await unusedPort(t)];
    const errors: unknown[] = [];
    for (const options of [{}, { share: { port: sharePort } }]) {
      const client = createClient({ ...options, logger });
      client.on('error', (error) => errors.push(error));
      void client.start();
      await client.stop();
    }
    class Registry {
      async get(): Promise<void> {}
    }
    for (const singleMode of [false, true]) {
      const shared = cluster(Registry, { port, singleMode, logger }).create();
      shared.on('error', (error) => errors.push(error));
      await shared.close();
    }
    assert.deepEqual([errors, lines], [[], []]);
  });
});
