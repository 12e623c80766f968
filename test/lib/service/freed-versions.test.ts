import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HotReload } from '../../../lib/service/hot-reload.js';
import { resolveServiceOptions } from '../../../lib/service/options.js';
import { ServiceRegistry } from '../../../lib/service/service-registry.js';
import { until } from '../../support/until.js';
import { folderOf } from './files.js';

const require = createRequire(import.meta.url);
const VERSIONS = 40;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const version = (n: number) => `const ballast = new Array(100_000).fill(${n}); exports.say = () => ballast[0];`;
const failing = 'const ballast = new Array(100_000); exports.say = () => ballast; require("./no-such-file")';

/** A path with one file, and weak references to each version of its method that was served. */
async function serving(t: TestContext, name: string) {
  const folder = folderOf(t, {
    [`user/${name}`]: version(0),
    'other.cjs': `exports.get = () => require('./user/${name}')`,
  });
  const file = join(folder, 'user', name);
  const registry = new ServiceRegistry();
  const quiet = { info() {}, warn() {}, error() {} };
  const options = resolveServiceOptions({ paths: [{ namespace: 'user', path: join(folder, 'user') }] });
  const remotes = new HotReload(registry, options, quiet, () => {});
  t.after(() => remotes.close());
  await remotes.load();
  const served: WeakRef<object>[] = [];
  const reload = async (text: string): Promise<unknown> => {
    writeFileSync(file, text);
    await remotes.reload();
    const method = registry.lookup('user.m.say');
    if (method !== undefined) served.push(new WeakRef(method.fn));
    return method && Reflect.apply(method.fn, method.self, []);
  };
  const alive = (): number => new Set(served.map((ref) => ref.deref()).filter((fn) => fn !== undefined)).size;
  return { file, other: join(folder, 'other.cjs'), remotes, reload, alive };
}

/** Resolves when at most `most` versions are in memory. */
async function untilAlive(alive: () => number, most: number): Promise<void> {
  await until(
    () => {
      collect();
      return alive() <= most;
    },
    { what: `at most ${most} versions in memory` },
  );
}

describe('versions of a CommonJS file that were replaced', () => {
  for (const name of ['m.cjs', 'm.js']) {
    it(`are freed: ${name}`, async (t) => {
      const { file, reload, alive } = await serving(t, name);
      for (let n = 1; n <= VERSIONS; n++) assert.equal(await reload(version(n)), n);
      await untilAlive(alive, 1);
      assert.equal(require(file).say(), VERSIONS, 'require has the served version');
    });
  }

  it('are freed although another module has required each of them', async (t) => {
    const { other, reload, alive } = await serving(t, 'm.cjs');
    for (let n = 1; n <= VERSIONS; n++) {
      await reload(version(n));
      assert.equal(require(other).get().say(), n);
    }
    await untilAlive(alive, 1);
    assert.equal(require.cache[other]?.children.length, 1);
  });

  it('are freed where a version fails to load, and where the file is deleted', async (t) => {
    const { file, remotes, reload, alive } = await serving(t, 'm.cjs');
    for (let n = 1; n <= VERSIONS; n++) {
      await reload(version(n));
      assert.equal(await reload(failing), n, 'the old version stays in service');
    }
    await untilAlive(alive, 1);
    rmSync(file);
    await remotes.reload();
    assert.equal(require.cache[file], undefined);
    await untilAlive(alive, 0);
  });
});
