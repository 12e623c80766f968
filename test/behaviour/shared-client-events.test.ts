import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { APIClientBase } from '../../lib/cluster/api-client-base.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { Registry, sharedWorld } from './shared-client-support.js';

class Ready extends EventEmitter {
  ready(callback: () => void): void {
    this.emit('ready', 'first');
    setImmediate(callback);
  }
  async again(): Promise<void> {
    this.emit('ready', 'second');
    this.emit('foo', 1);
  }
}

describe('the events of a real client', () => {
  for (const singleMode of [false, true]) {
    it(`are all emitted by the shared client, with one \`ready\` for the first and a later one passed on: ${singleMode}`, async (t) => {
      const world = await sharedWorld(t, { singleMode });
      const client = world.join(Ready);
      const events: unknown[] = [];
      client.on('ready', (...args) => events.push(['ready', ...args]));
      client.on('foo', (...args) => events.push(['foo', ...args]));
      await client.ready();
      assert.deepEqual(events, [['ready']]);
      await client.again();
      assert.deepEqual(events, [['ready'], ['ready', 'second'], ['foo', 1]]);
    });
  }

  it('reach an API client in the same way', async (t) => {
    const { options } = await sharedWorld(t);
    class Api extends APIClientBase {
      override get DataClient() {
        return Ready;
      }
      override get clusterOptions() {
        return options;
      }
      again(): Promise<void> {
        return this._client.again();
      }
    }
    const api = new Api();
    t.after(() => api.close());
    const events: unknown[] = [];
    api.on('ready', (...args) => events.push(args));
    await api.ready();
    await api.again();
    assert.deepEqual(events, [[], ['second']]);
  });
});

describe('a one-way call on a closed shared client', () => {
  for (const singleMode of [false, true]) {
    it(`is an error event, as a closed real client would emit one: ${singleMode}`, async (t) => {
      const world = await sharedWorld(t, { singleMode });
      const client = world.join(Registry, { build: (builder) => builder.delegate('note', 'invokeOneway') });
      await client.ready();
      await cluster.close(client);
      const emitted = once(client, 'error');
      client.note('too late');
      const [error] = (await emitted) as [Error & { code: string }];
      assert.deepEqual([error.name, error.code], ['SocketCloseError', 'ERR_RPC_CLOSED']);
      assert.match(error.message, /Registry was closed/);
      assert.deepEqual(world.log, []);
    });
  }
});
