import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Registry, sharedWorld } from '../behaviour/shared-client-support.js';
import { failure } from '../behaviour/support.js';
import { until } from '../support/until.js';
import { inBothRoles } from './frozen-roles.js';

class Elsewhere extends Registry {}

/** `serving` opens the port; both packages are loaded into this process. */
await inBothRoles(({ serving, calling }) => {
  describe('in one process, through the port that the other one has opened', () => {
    it('leads a channel of its own, for followers of both', async (t) => {
      const { options } = await sharedWorld(t);
      const first = serving.cluster(Registry, options).create();
      t.after(() => serving.cluster.close(first));
      await first.ready();
      const second = calling.cluster(Elsewhere, options).create();
      t.after(() => calling.cluster.close(second));
      await second.ready();
      assert.deepEqual([first.isClusterClientLeader, second.isClusterClientLeader], [true, true]);
      for (const { cluster } of [serving, calling]) {
        const follower = cluster(Elsewhere, { ...options, isLeader: false }).create();
        t.after(() => cluster.close(follower));
        const values: unknown[] = [];
        follower.subscribe({ id: 'a' }, (value: unknown) => values.push(value));
        assert.equal(await follower.echo('from copy to copy'), 'from copy to copy');
        const { name, message, code } = await failure(follower.fail('no such key'));
        assert.deepEqual([name, message, code], ['TypeError', 'no such key', 'E_FAILED']);
        follower.publish({ id: 'a', value: name });
        await until(() => values.at(-1) === name, { what: 'the value' });
      }
      await serving.cluster.close(first); // the port stays open: the other copy still leads on it
      const last = serving.cluster(Elsewhere, { ...options, isLeader: false }).create();
      t.after(() => serving.cluster.close(last));
      assert.equal(await last.echo('still led'), 'still led');
    });

    it('leads after the copy that has opened the port, when that is closed', async (t) => {
      const { options } = await sharedWorld(t);
      const first = serving.cluster(Registry, options).create();
      t.after(() => serving.cluster.close(first));
      await first.ready();
      const keeper = serving.cluster(Registry, { ...options, name: 'Keeper' }).create();
      t.after(() => serving.cluster.close(keeper));
      await keeper.ready(); // holds the port, so that the next Leader needs the seat of the other copy
      const second = calling.cluster(Registry, options).create();
      t.after(() => calling.cluster.close(second));
      await second.ready();
      assert.equal(second.isClusterClientLeader, false);
      await serving.cluster.close(first);
      await until(() => second.isClusterClientLeader, { what: 'the other copy to lead' });
      assert.equal(await second.echo('led'), 'led');
    });
  });
});
