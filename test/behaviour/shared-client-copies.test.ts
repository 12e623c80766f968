import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type * as Own from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { ROOT } from '../architecture/house.js';
import { EXTENSION } from '../support/loader-flags.js';
import { until, untilEvent } from '../support/until.js';
import { collect, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { failure } from './support.js';

/** Another copy of the package, as another version's in the node_modules of a dependency. */
async function anotherCopy(t: TestContext): Promise<typeof Own.cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-copy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(new URL('../../lib', import.meta.url), join(folder, 'lib'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const copy = (await import(pathToFileURL(join(folder, `lib/cluster/cluster${EXTENSION}`)).href)) as typeof Own;
  return copy.cluster;
}

describe('several copies of the package in one process', () => {
  it('share a port, and what is led on it', async (t) => {
    const world = await sharedWorld(t, { expectedErrors: ['E_FAILED'] });
    const other = await anotherCopy(t);
    const ours = world.join(Registry);
    await ours.ready();
    class Elsewhere extends Registry {}
    const theirs = other(Elsewhere, world.options).create();
    t.after(() => other.close(theirs));
    await theirs.ready();
    // Each leads its own on the port of the first.
    assert.deepEqual([ours.isClusterClientLeader, theirs.isClusterClientLeader], [true, true]);
    const follower = world.join(Elsewhere, { options: { isLeader: false } });
    assert.equal(await follower.echo('from copy to copy'), 'from copy to copy');
    const error = await failure(follower.fail('no such key'));
    assert.deepEqual([error.name, error.message, error.code], ['TypeError', 'no such key', 'E_FAILED']);
    const values = collect(follower, 'a');
    await subscribed('a');
    Registry.latest?.give('a', 1);
    await until(() => values.length === 1, { what: 'the value' });
    // The port stays while the other copy leads on it, and is free when that closes.
    await ours.close();
    assert.equal(await theirs.echo('still led'), 'still led');
    assert.equal(await follower.echo('still followed'), 'still followed');
    const isLost = untilEvent(follower, 'close', { what: 'the loss of the Leader' });
    await other.close(theirs);
    await isLost;
    assert.deepEqual(
      [
        world.errors,
        world.log.filter(
          (line) => !/competes to be the next Leader|waits for the next Leader|Elsewhere\.fail.* failed/.test(line),
        ),
      ],
      [[], []],
    );
  });

  it('lead one name once, and follow each other', async (t) => {
    const world = await sharedWorld(t);
    const other = await anotherCopy(t);
    const ours = world.join(Registry);
    await ours.ready();
    const theirs = other(Registry, world.options).create();
    t.after(() => other.close(theirs));
    await theirs.ready();
    assert.equal(theirs.isClusterClientLeader, false);
    const must = other(Registry, { ...world.options, isLeader: true }).create();
    t.after(() => other.close(must));
    assert.equal((await failure(must.ready())).code, RpcCode.AddressInUse);
    // In place of the one that leads, over the port that another copy has opened.
    const keeper = world.join(Registry, { options: { name: 'Keeper' } });
    await keeper.ready();
    const ready = untilEvent(theirs as never, 'ready', { what: 'it to lead' });
    await ours.close();
    await ready;
    assert.equal(theirs.isClusterClientLeader, true);
    assert.equal(await theirs.echo('led'), 'led');
  });

  it('close the clients of each other', async (t) => {
    const world = await sharedWorld(t);
    const other = await anotherCopy(t);
    const ours = world.join(Registry);
    await ours.ready();
    await other.close(ours);
    assert.deepEqual(Registry.latest?.told, ['close']);
  });
});
