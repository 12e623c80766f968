import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { call, failure, serve, unusedPort } from './support.js';

describe("'*' calls every server of the type", () => {
  it('and gives every server’s outcome, in the order of the roster', async (t) => {
    expectNoLeaks(t);
    const served = await Promise.all(
      ['a-1', 'b-1', 'c-1'].map((id) => serve(t, { f: (n: number) => `${id} ${n}` }, { id })),
    );
    const other = { id: 'other-1', serverType: 'other', port: await unusedPort(t) };
    const { calls } = await call(t, [...served, other]);
    const expected = ['a-1', 'b-1', 'c-1'].map((serverId) => ({
      serverId,
      status: 'fulfilled',
      value: `${serverId} 5`,
    }));
    assert.deepEqual(await calls.f.toServer('*', 5), expected);
    assert.deepEqual(await calls.f.broadcast(5), expected);
    assert.deepEqual(await calls.f.to('*')(5), expected);
    const outcome = await new Promise<unknown[]>((resolve) =>
      calls.f.toServer('*', 5, (...all: unknown[]) => resolve(all)),
    );
    assert.deepEqual(outcome, [null, expected]);
  });

  it('and gives the results alone with broadcastOutcomes: false, or the first error in the order of the roster', async (t) => {
    const servers = await Promise.all(
      ['a-1', 'b-1'].map((id) =>
        serve(t, { f: () => id, fail: () => Promise.reject(new Error(`${id} failed`)) }, { id }),
      ),
    );
    const { calls } = await call(t, servers, { broadcastOutcomes: false });
    for (const form of [calls.f.toServer('*'), calls.f.broadcast(), calls.f.to('*')()]) {
      assert.deepEqual(await form, ['a-1', 'b-1']);
    }
    assert.equal((await failure(calls.fail.broadcast())).message, 'user.service.fail on a-1: a-1 failed');
    const given = await new Promise<unknown[]>((resolve) => calls.f.broadcast((...all: unknown[]) => resolve(all)));
    assert.deepEqual(given, [null, ['a-1', 'b-1']]);
  });

  it('and one that fails takes nothing from the others', async (t) => {
    const good = await serve(t, { f: () => 'fine' }, { id: 'good-1' });
    const bad = await serve(t, { f: () => Promise.reject(new Error('boom')) }, { id: 'bad-1' });
    const down = { id: 'down-1', serverType: 'test', port: await unusedPort(t) };
    const { calls } = await call(t, [bad, good, down], { timeout: 200 });
    const outcomes = await calls.f.broadcast();
    assert.deepEqual(
      outcomes.map(({ serverId, status }: { serverId: string; status: string }) => [serverId, status]),
      [
        ['bad-1', 'rejected'],
        ['good-1', 'fulfilled'],
        ['down-1', 'rejected'],
      ],
    );
    assert.deepEqual([outcomes[0].reason.code, outcomes[0].reason.serverId], ['ERR_RPC_REMOTE', 'bad-1']);
    assert.deepEqual([outcomes[2].reason.code, outcomes[2].reason.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    const [error, all] = await new Promise<unknown[]>((resolve) =>
      calls.f.toServer('*', (...given: unknown[]) => resolve(given)),
    );
    assert.equal(error, (all as { reason: unknown }[])[0]?.reason, 'a callback gets the first failure beside them');
  });

  it('and a filter that rewrites one server’s arguments rewrites no other’s', async (t) => {
    const served = await Promise.all(['a-1', 'b-1'].map((id) => serve(t, { f: (text: string) => text }, { id })));
    const { client, calls } = await call(t, served);
    client.before((serverId, msg) => void msg.args.splice(0, 1, `for ${serverId}`));
    const outcomes = await calls.f.broadcast('for nobody');
    assert.deepEqual(
      outcomes.map(({ value }: { value: string }) => value),
      ['for a-1', 'for b-1'],
    );
  });

  it('all of them, however many there are', async (t) => {
    expectNoLeaks(t);
    // One listener stands for all of them: without an id it takes callers of whatever channel.
    const { server, port } = await serve(t, { f: () => 'fine' }, { id: undefined as never });
    const { client, calls } = await call(t, []);
    client.addServers(Array.from({ length: 300 }, (_, n) => ({ id: `test-${n}`, serverType: 'test', port })));
    const outcomes = await calls.f.broadcast();
    assert.equal(outcomes.length, 300);
    for (const { status } of outcomes) assert.equal(status, 'fulfilled');
    assert.equal(server.state, 'leader');
  });

  it('under one deadline, however many there are', async (t) => {
    const { port } = await serve(t, { f: () => new Promise(() => {}) }, { id: undefined as never });
    const { client, calls } = await call(t, []);
    client.addServers(Array.from({ length: 300 }, (_, n) => ({ id: `test-${n}`, serverType: 'test', port })));
    const startedAt = performance.now();
    const outcomes = await calls.f.with({ timeout: 3_000 }).broadcast();
    const took = performance.now() - startedAt;
    assert.equal(
      outcomes.filter(({ reason }: { reason: { code: string } }) => reason.code === 'ERR_RPC_TIMEOUT').length,
      300,
    );
    assert.ok(took < 5_900, `${took} ms for a deadline of 3000`);
  });
});
