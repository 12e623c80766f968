import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ServerInfo } from '../../lib/server-info.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { acceptRegistration, rawLeader } from './raw-peers.js';
import { type Calling, call, overTransports, serve } from './support.js';

/** The generations that the client's events had, in the order of the connections; and an event without one. */
function generationsOf({ client }: Calling): { ready: (string | undefined)[]; others: (string | undefined)[] } {
  const seen: { ready: (string | undefined)[]; others: (string | undefined)[] } = { ready: [], others: [] };
  client.on('mailbox', (_id, to, _from, _reason, generation) =>
    seen[to === 'ready' ? 'ready' : 'others'].push(generation),
  );
  return seen;
}

async function calling(t: TestContext, server: ServerInfo): Promise<Calling & ReturnType<typeof generationsOf>> {
  const made = await call(t, [server]);
  return { ...made, ...generationsOf(made) };
}

describe('the generation of a server, in the event `mailbox`', () => {
  overTransports((transport) => {
    it('is the same on each connection to one server, and another for the next server at the address', async (t) => {
      expectNoLeaks(t);
      const first = await serve(t, { f: () => 1 }, { transport });
      const [a, b] = [await calling(t, first.info), await calling(t, first.info)];
      await Promise.all([a.calls.f(null), b.calls.f(null)]);
      assert.match(String(a.ready[0]), /^[\w-]{16}$/);
      assert.deepEqual(a.ready, b.ready);
      await first.server.stop();
      await serve(t, { f: () => 2 }, { transport, port: first.port });
      assert.equal(await a.calls.f(null), 2);
      assert.equal(a.ready.length, 2);
      assert.notEqual(a.ready[0], a.ready[1]);
      assert.ok(a.others.every((generation) => generation === undefined));
    });
  });

  it('is the same after a connection to one server was lost', async (t) => {
    const { server, info } = await serve(t, { f: () => 1 });
    const { calls, ready, client } = await calling(t, info);
    await calls.f(null);
    client.replaceServers([{ ...info, host: 'localhost' }]);
    await calls.f(null);
    assert.equal(server.state, 'leader');
    await until(() => ready.length === 2, { what: 'the second connection' });
    assert.equal(ready[0], ready[1]);
  });

  it('is unknown for a Leader that announces none', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      await acceptRegistration(peer);
    });
    const { calls, ready } = await calling(t, leader.info);
    void calls.f(null).catch(() => {});
    await until(() => ready.length === 1, { what: 'the connection' });
    assert.deepEqual(ready, [undefined]);
  });
});
