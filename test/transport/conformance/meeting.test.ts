import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, joinAll, Registry, sharedWorld } from '../../behaviour/shared-client-support.js';
import { type Calling, call, failure, serve } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { spawnProcess } from '../../support/spawn-process.js';
import { until } from '../../support/until.js';
import { everyTransport } from './transports.js';

const WORKER = new URL('../../behaviour/fixtures/sharing-process.ts', import.meta.url);

describe('processes that meet', () => {
  everyTransport(({ meeting }) => {
    if (meeting === undefined) return;

    it('share one client: one leads, and the others follow', async (t) => {
      const world = await sharedWorld(t, { port: undefined, ...(await meeting(t)) });
      const [leader, follower] = await joinAll(world, 2);
      assert.deepEqual(await follower?.get('x'), { key: 'x', from: process.pid });
      const values = collect(follower ?? assert.fail(), 'hosts');
      await follower?.echo('a round trip');
      await leader?.publish({ id: 'hosts', value: ['a'] });
      await until(() => values.length > 0, { what: 'the value' });
      assert.deepEqual(values, [['a']]);
      assert.deepEqual(world.errors, []);
    });

    it('elect another when the Leader closes', async (t) => {
      const world = await sharedWorld(t, { port: undefined, ...(await meeting(t)) });
      const [leader, follower] = await joinAll(world, 2);
      await leader?.close();
      assert.equal(await follower?.echo('still'), 'still');
      assert.equal(follower?.isClusterClientLeader, true);
    });

    it('fail where one must lead, and another has the place', async (t) => {
      const options = await meeting(t);
      const world = await sharedWorld(t, { port: undefined, ...options });
      await joinAll(world, 1);
      const second = world.join(Registry, { options: { isLeader: true } });
      const error = await failure(second.ready());
      assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
      assert.ok(error.message.includes(String(options.path ?? options.port)), error.message);
    });

    it('share mailboxes, and elect another when the Leader stops', async (t) => {
      expectNoLeaks(t);
      const { info } = await serve(t, { f: () => 'shared' });
      const share = await meeting(t);
      const join = async (state: string): Promise<Calling> => {
        const calling = await call(t, [info], { share });
        await until(() => calling.client.sharing === state, { what: `a client that is ${state}` });
        return calling;
      };
      const leader = await join('leading');
      const follower = await join('following');
      assert.equal(await follower.calls.f(null), 'shared');
      await leader.client.stop();
      assert.equal(await follower.calls.f(null), 'shared');
      await until(() => follower.client.sharing === 'leading', { what: 'the next Leader' });
    });

    it('share mailboxes, and elect another at once when the Leader is killed', async (t) => {
      expectNoLeaks(t);
      const { info } = await serve(t, { echo: (value: unknown) => value });
      const share = await meeting(t);
      const args = [`--share=${share.path ?? share.port}`, `--servers=${info.id}:${info.port}`];
      if (share.tls !== undefined) args.push(`--tls=${Buffer.from(JSON.stringify(share.tls)).toString('hex')}`);
      const { child } = await spawnProcess(t, WORKER, { args });
      await child.next({ match: (message) => (message as { state?: string }).state === 'leading', timeoutMs: 20_000 });
      const { calls, client } = await call(t, [info], { share });
      assert.equal(await calls.echo(null, 'through the worker'), 'through the worker');
      assert.equal(client.sharing, 'following');
      await child.kill('SIGKILL');
      await until(() => client.sharing === 'leading', { what: 'this process to lead' });
      assert.equal(await calls.echo(null, 'after'), 'after');
    });
  });
});
