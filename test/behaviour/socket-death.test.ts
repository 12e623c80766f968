import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { Registry, sharedWorld } from './shared-client-support.js';
import { failure } from './support.js';

const PROCESS = new URL('./fixtures/shared-client-process.ts', import.meta.url);

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves with the next role of a process: whether it leads. */
async function roleOf(child: SpawnedProcess): Promise<boolean> {
  const match = (message: Json): boolean => (message as { type: string }).type === 'role';
  const role = await child.next({ match, timeoutMs: 20_000 });
  return (role as { isLeader: boolean }).isLeader;
}

async function spawnMember(t: TestContext, path: string) {
  const options = JSON.stringify({ name: 'Registry', path, responseTimeout: 10_000 });
  const { child } = await spawnProcess(t, PROCESS, { args: [options] });
  return { child, isLeader: await roleOf(child) };
}

describe('a shared client at the path of a socket', () => {
  it('has another Leader after the process that led was killed', async (t) => {
    expectNoLeaks(t);
    const folder = newFolder(t);
    const path = join(folder, 'run/app.sock');
    const first = await spawnMember(t, path);
    const others = await Promise.all([spawnMember(t, path), spawnMember(t, path), spawnMember(t, path)]);
    assert.deepEqual([first.isLeader, ...others.map(({ isLeader }) => isLeader)], [true, false, false, false]);
    const { ino } = lstatSync(path);
    first.child.kill('SIGKILL');
    const roles = await Promise.all(others.map(({ child }) => roleOf(child)));
    assert.deepEqual(roles.sort(), [false, false, true]);
    assert.notEqual(lstatSync(path).ino, ino);
    await until(() => readdirSync(join(folder, 'run')).length === 1, { what: 'the socket to be alone in its folder' });
  });

  it('waits for a Leader where the socket belongs to a program of another kind, and says so', async (t) => {
    const world = await sharedWorld(t, { port: undefined, path: join(newFolder(t), 'app.sock') });
    const other = world.join(class Other extends Registry {});
    await other.ready();
    const client = world.join(Registry, { options: { isLeader: false, maxWaitTime: 500 } });
    const { code, message } = await failure(client.ready());
    assert.equal(code, 'ERR_RPC_CONNECT');
    assert.match(
      message,
      /^\[ClusterClient\] leader of "Registry" does not be active in 500ms on path:\/.*app\.sock: /,
    );
  });

  it('is refused in a folder where every user may replace the socket', async (t) => {
    const folder = newFolder(t);
    chmodSync(folder, 0o777);
    const world = await sharedWorld(t, { port: undefined, path: join(folder, 'app.sock'), maxWaitTime: 500 });
    const { message } = await failure(world.join(Registry).ready());
    assert.match(message, /every user of this machine may replace files in the folder \/.*choose a folder/);
  });

  it('is refused with a port beside the path', () => {
    assert.throws(() => cluster(Registry, { port: 7_001, path: '/run/app.sock' }).create(), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: 'path cannot be combined with port: leave one of them out',
    });
  });
});
