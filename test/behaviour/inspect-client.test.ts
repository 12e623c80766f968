import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

describe('a client that is asked about itself', () => {
  it('lists its servers with connections, calls that wait, and their places', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass(1) });
    const away = { id: 'away-1', serverType: 'test', host: '127.0.0.1', port: await unusedPort(t) };
    const { client, calls } = await call(t, [served, away]);
    const before = client.inspect();
    assert.deepEqual(
      before.servers.map(({ id, mailbox, open }) => [id, mailbox, open]),
      [
        ['test-1', null, 0],
        ['away-1', null, 0],
      ],
    );
    const running = calls.f.toServer('test-1');
    await gate.arrivals(1);
    const waiting = failure(calls.f.toServer('away-1'));
    const { format, state, sharing, open, servers, sources } = client.inspect();
    assert.deepEqual([format, state, sharing, open, sources], [1, 'started', null, 2, []]);
    const [first, second] = servers;
    assert.deepEqual([first?.mailbox, first?.open, first?.ejected], ['ready', 1, false]);
    assert.deepEqual([second?.open, second?.url], [1, `tcp://127.0.0.1:${away.port}`]);
    assert.notEqual(second?.mailbox, 'ready');
    gate.open();
    await running;
    client.removeServer('away-1');
    assert.equal((await waiting).code, 'ERR_RPC_SERVER_REMOVED');
    assert.equal(client.inspect().open, 0);
  });

  it('says its own name, whether given or from the context', async (t) => {
    const named = await call(t, [], { clientId: 'gate-1' });
    const ofContext = await call(t, [], { context: { serverId: 'gate-2' } });
    const unnamed = await call(t, []);
    const names = [named, ofContext, unnamed].map(({ client }) => client.inspect().clientId);
    assert.deepEqual(names, ['gate-1', 'gate-2', null]);
  });

  it('says which server a route parameter leads to, and makes no call', async (t) => {
    let calls = 0;
    const f = () => calls++;
    const [one, two] = [await serve(t, { f }, { id: 'one-1' }), await serve(t, { f }, { id: 'two-1' })];
    const { client } = await call(t, [one, two], { router: 'ch' });
    const chosen = await client.whichServer('test', { uid: 'ada' });
    assert.ok(['one-1', 'two-1'].includes(chosen));
    for (let i = 0; i < 5; i++) assert.equal(await client.whichServer('test', { uid: 'ada' }), chosen);
    client.route('test', (param) => Promise.resolve(`${(param as { uid: string }).uid}-1`));
    assert.equal(await client.whichServer('test', { uid: 'two' }), 'two-1');
    assert.equal((await failure(client.whichServer('nope', null))).code, 'ERR_RPC_NO_SERVER');
    client.route('test', () => {
      throw new Error('no way');
    });
    assert.equal((await failure(client.whichServer('test', null))).code, 'ERR_RPC_ROUTE');
    assert.deepEqual([calls, client.inspect().open, Object.keys(client.mailboxes)], [0, 0, []]);
  });
});
