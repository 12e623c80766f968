import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { HotReload, type ReloadResult } from '../../../lib/service/hot-reload.js';
import { resolveServiceOptions } from '../../../lib/service/options.js';
import { PathWatcher, type Watch } from '../../../lib/service/path-watcher.js';
import { ServiceRegistry } from '../../../lib/service/service-registry.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { folderOf } from './files.js';

/** A file system of which the test says what happens in it, and when. */
function watching(t: TestContext, paths: readonly string[] = ['/remote']) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const open = new Map<string, { sign: (event: string, name: string | null) => void; fail: () => void }>();
  const missing = new Set<string>();
  let opened = 0;
  const watch: Watch = (path, options, sign) => {
    if (missing.has(path)) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    assert.deepEqual(options, { persistent: false });
    opened += 1;
    const watcher = {
      on(event: string, listener: () => void) {
        assert.equal(event, 'error');
        open.set(path, { sign, fail: listener });
        return watcher;
      },
      close: () => void open.delete(path),
    };
    return watcher as unknown as ReturnType<Watch>;
  };
  const told: string[] = [];
  const handler = {
    onChange: () => void told.push('changed'),
    onError: (path: string, error: Error) => void told.push(`${path}: ${error.message}`),
  };
  const start = () => new PathWatcher(paths, handler, watch);
  return { start, open, missing, told, opened: () => opened, pass: (ms: number) => t.mock.timers.tick(ms) };
}

describe('PathWatcher', () => {
  it('tells once of many signs, when it has been quiet for a while', (t) => {
    const { start, open, told, pass } = watching(t);
    start();
    for (let i = 0; i < 5; i++) {
      open.get('/remote')?.sign('change', 'chat.js');
      pass(99);
    }
    assert.deepEqual(told, []);
    pass(1);
    assert.deepEqual(told, ['changed']);
    pass(10_000);
    assert.deepEqual(told, ['changed']);
  });

  it('minds sources, what cannot be named, and what was renamed; a log that is written to is nothing', (t) => {
    const { start, open, told, pass } = watching(t);
    start();
    const isTold = (event: string, name: string | null) => {
      told.length = 0;
      open.get('/remote')?.sign(event, name);
      pass(100);
      return told.length === 1;
    };
    assert.deepEqual(
      [isTold('change', 'a.js'), isTold('change', 'a.mts'), isTold('change', null), isTold('rename', 'remote')],
      [true, true, true, true],
    );
    assert.deepEqual([isTold('change', 'rpc.log'), isTold('change', '.a.js.swp')], [false, false]);
  });

  it('watches the path anew after a change, since another file may have its name now', (t) => {
    const { start, open, opened, pass } = watching(t, ['/remote', '/more']);
    start();
    open.get('/remote')?.sign('rename', 'remote');
    pass(100);
    assert.deepEqual([opened(), [...open.keys()].sort()], [4, ['/more', '/remote']]);
  });

  it('waits for a path that is away, says so once, and takes its return for a change', (t) => {
    const { start, open, told, missing, pass } = watching(t, ['/remote', '/more']);
    start();
    missing.add('/remote');
    open.get('/remote')?.fail();
    pass(100);
    assert.deepEqual(told.splice(0), ['/remote: no /remote', 'changed']);
    pass(500);
    pass(500);
    assert.deepEqual([told, [...open.keys()]], [[], ['/more']]);
    missing.delete('/remote');
    pass(500);
    assert.equal(open.size, 2);
    pass(100);
    assert.deepEqual(told, ['changed']);
  });

  it('begins with a path that is not there yet', (t) => {
    const { start, open, told, missing, pass } = watching(t);
    missing.add('/remote');
    start();
    assert.deepEqual(told.splice(0), ['/remote: no /remote']);
    missing.delete('/remote');
    pass(500);
    pass(100);
    assert.deepEqual([told, open.size], [['changed'], 1]);
  });

  it('is silent once it is closed', (t) => {
    const { start, open, told, missing, pass } = watching(t, ['/remote', '/more']);
    missing.add('/more');
    const watcher = start();
    told.length = 0;
    const sign = open.get('/remote')?.sign;
    sign?.('change', 'a.js');
    watcher.close();
    sign?.('change', 'a.js');
    missing.clear();
    pass(10_000);
    assert.deepEqual([told, open.size], [[], 0]);
  });
});

describe('with reloadRemotes', () => {
  it('nothing is watched any more after the closing', async (t) => {
    const { remotes, folder } = await watched(t);
    const probe = watch(folder, { persistent: false });
    probe.close();
    const closed = t.mock.method(Object.getPrototypeOf(probe) as typeof probe, 'close');
    assert.equal(closed.mock.callCount(), 0);
    remotes.close();
    assert.equal(closed.mock.callCount(), 1);
  });

  async function watched(t: TestContext, path = '') {
    const folder = folderOf(t, { 'm.js': `module.exports = { say: () => 'old' }` });
    const registry = new ServiceRegistry();
    const told: ReloadResult[] = [];
    const quiet = { info() {}, warn() {}, error() {} };
    const options = resolveServiceOptions({
      reloadRemotes: true,
      paths: [{ namespace: 'user', path: join(folder, path) }],
    });
    const remotes = new HotReload(registry, options, quiet, (result) => told.push(result));
    t.after(() => remotes.close());
    await remotes.load();
    const say = (word: string) => `module.exports = { say: () => '${word}' }`;
    const says = (word: string, method = 'user.m.say') =>
      until(() => registry.lookup(method)?.fn() === word, { what: `${method} to say ${word}` });
    return { remotes, file: (name: string) => join(folder, name), folder, told, say, says, registry };
  }

  it('what is saved is served, without a process being held', async (t) => {
    expectNoLeaks(t);
    const { file, say, says } = await watched(t);
    writeFileSync(file('m.js'), say('new'));
    await says('new');
    writeFileSync(file('m.js'), say('newer'));
    await says('newer');
  });

  it('what an editor saves by renaming is served, in a folder and as a single file', async (t) => {
    for (const path of ['', 'm.js']) {
      const { file, say, says } = await watched(t, path);
      for (const word of ['new', 'newer']) {
        writeFileSync(file('m.js~'), say(word));
        renameSync(file('m.js~'), file('m.js'));
        await says(word);
      }
    }
  });

  it('new files are served, and deleted ones are not', async (t) => {
    const { file, say, says, registry } = await watched(t);
    writeFileSync(file('n.js'), say('hello'));
    await says('hello', 'user.n.say');
    rmSync(file('m.js'));
    await until(() => registry.lookup('user.m.say') === undefined, { what: 'user.m to go' });
  });

  it('a folder that is put in the place of the old one is served, and watched', async (t) => {
    const { folder, file, say, says, told } = await watched(t);
    rmSync(folder, { recursive: true });
    await until(() => told.some(({ failed }) => failed.length > 0), { what: 'the loss to be noticed' });
    mkdirSync(folder);
    writeFileSync(file('m.js'), say('new'));
    await says('new');
    writeFileSync(file('m.js'), say('newer'));
    await says('newer');
  });

  it('what does not load is told of, and what was there is served on', async (t) => {
    const { file, told, registry } = await watched(t);
    writeFileSync(file('m.js'), 'module.exports = {');
    await until(() => told.length > 0, { what: 'the failure to be told' });
    assert.deepEqual(
      told[0]?.failed.map((failure) => failure.file),
      [file('m.js')],
    );
    assert.equal(registry.lookup('user.m.say')?.fn(), 'old');
  });
});
