import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext, cluster } from '../../index.js';
import { sharedWorld } from './shared-client-support.js';
import { follow, lead } from './sharing.js';
import { call, overTransports, serve } from './support.js';

const service = { who: () => callContext()?.caller };

/** A real client that returns the caller that its method sees. */
class Seen {
  async caller() {
    return callContext()?.caller;
  }
}

describe('the name of the caller', () => {
  overTransports((transport) => {
    it('is the clientId of the client, or the serverId of its context, or the number of the connection', async (t) => {
      const served = await serve(t, service, { transport });
      const named = await call(t, [served], { clientId: 'connector-1' });
      const { id, connectionId, ip } = await named.calls.who(null);
      assert.deepEqual([id, ip], ['connector-1', '127.0.0.1']);
      assert.match(connectionId, /^\d+$/);
      const inContext = await call(t, [served], { context: { serverId: 'area-2' } });
      assert.equal((await inContext.calls.who(null)).id, 'area-2');
      const nameless = await (await call(t, [served])).calls.who(null);
      assert.equal(nameless.id, nameless.connectionId);
    });
  });

  it('is the clientId of each client where one process makes the calls of all on one connection', async (t) => {
    const failed: unknown[] = [];
    const fail = (): never => {
      throw new Error('on purpose');
    };
    const served = await serve(t, { ...service, fail });
    served.server.on('callFailed', ({ method, caller }) => failed.push([method, caller?.id]));
    const port = await freePort();
    const leading = await lead(t, port, [served], { clientId: 'leading' });
    const clients = [leading, await follow(t, port, [served], { clientId: 'chat-1' })];
    clients.push(await follow(t, port, [served], { clientId: 'chat-2' }));
    for (const [n, id] of ['leading', 'chat-1', 'chat-2', 'chat-1'].entries()) {
      const { calls } = n === 3 ? (clients[1] as typeof leading) : (clients[n] as typeof leading);
      const seen = await calls.who(null);
      assert.equal(seen.id, id);
      assert.match(seen.connectionId, /^\d+$/);
      assert.equal((await calls.who.with({ meta: 'beside' })(null)).id, id);
      await assert.rejects(calls.fail(null));
      await assert.rejects(calls.absent(null));
    }
    const nameless = await follow(t, port, [served]);
    const { id, connectionId } = await nameless.calls.who(null);
    assert.equal(id, connectionId);
    assert.deepEqual(
      failed.slice(0, 4).map((one) => JSON.stringify(one)),
      ['leading', 'chat-1'].flatMap((name) => [`["user.service.fail","${name}"]`, `["user.service.absent","${name}"]`]),
    );
  });

  it('is the option clientId of a shared client, in each role, or the process', async (t) => {
    for (const singleMode of [false, true]) {
      const world = await sharedWorld(t, { singleMode });
      const named = ['first', 'second'].map((clientId) => world.join(Seen, { options: { clientId } }));
      const seen = await Promise.all(named.map((client) => client.caller()));
      assert.deepEqual(
        seen.map((caller) => [caller?.id, caller?.ip]),
        [
          ['first', '127.0.0.1'],
          ['second', '127.0.0.1'],
        ],
      );
      assert.equal((await world.join(Seen).caller())?.id, `process ${process.pid}`);
    }
    assert.throws(() => cluster(Seen, { clientId: 'a\nb' }), /clientId/);
  });

  it('is a short text without control characters, or refused with the reason', async (t) => {
    const served = await serve(t, service);
    for (const clientId of ['a\nb', '\u001b[2J', 'x'.repeat(129), ''])
      await assert.rejects(call(t, [served], { clientId }), /clientId/);
  });
});
