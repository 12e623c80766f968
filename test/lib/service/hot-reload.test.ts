import 'tsx'; // some of the remote modules here are TypeScript, which no test's process runs by itself
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, type RpcError } from '../../../lib/errors.js';
import { HotReload, type ReloadResult } from '../../../lib/service/hot-reload.js';
import { resolveServiceOptions, type ServiceOptions } from '../../../lib/service/options.js';
import { ServiceRegistry } from '../../../lib/service/service-registry.js';
import { folderOf } from './files.js';

const require = createRequire(import.meta.url);

/** Files as `namespace/file`: each namespace is a path of its own. */
async function loaded(t: TestContext, files: Readonly<Record<string, string>>, options: ServiceOptions = {}) {
  const folder = folderOf(t, files);
  const namespaces = [...new Set(Object.keys(files).map((file) => file.split('/')[0] ?? ''))];
  const paths = namespaces.map((namespace) => ({ namespace, path: join(folder, namespace) }));
  const registry = new ServiceRegistry();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const told: ReloadResult[] = [];
  const remotes = new HotReload(
    registry,
    resolveServiceOptions({ paths, ...options }),
    { info: write, warn: write, error: write },
    (result) => told.push(result),
  );
  t.after(() => remotes.close());
  await remotes.load();
  return {
    registry,
    remotes,
    lines,
    told,
    path: (file: string) => join(folder, file),
    write: (file: string, text: string) => writeFileSync(join(folder, file), text),
    remove: (file: string) => rmSync(join(folder, file), { recursive: true }),
    call: (name: string) => {
      const method = registry.lookup(name);
      return method === undefined ? 'no such method' : Reflect.apply(method.fn, method.self, []);
    },
  };
}

/** What changed, without what stayed. */
function changes({ replaced, added, removed, failed }: ReloadResult) {
  return { replaced, added, removed, failed: failed.map(({ file }) => file.split('/').at(-1)) };
}

const NOTHING = { replaced: [], added: [], removed: [], failed: [] };
const saying = (word: string | number) => `module.exports = { say: () => ${JSON.stringify(word)} }`;

describe('a reload', () => {
  const kinds: Readonly<Record<string, (word: number) => string>> = {
    'm.cjs': (word) => `exports.say = () => ${word}`,
    'm.js': (word) => `module.exports = (context) => ({ say: () => ${word} })`,
    'm.mjs': (word) => `export default class { say() { return ${word} } }`,
    'm.ts': (word) => `export const say = (): number => ${word}`,
    'm.cts': (word) => `const say = (): number => ${word}; module.exports = { say }`,
    'm.mts': (word) => `export const say = (): number => ${word}`,
  };
  for (const [file, text] of Object.entries(kinds)) {
    it(`replaces the module of a changed ${file}, as often as it changes`, async (t) => {
      const { remotes, write, call } = await loaded(t, { [`user/${file}`]: text(1), 'user/other.js': saying('other') });
      for (const word of [2, 3, 2]) {
        write(`user/${file}`, text(word));
        const result = await remotes.reload();
        assert.deepEqual(changes(result), { ...NOTHING, replaced: ['user.m'] });
        assert.deepEqual(result.kept, ['user.other']);
        assert.equal(call('user.m.say'), word);
      }
    });
  }

  it('replaces an ES module in a .js file by its package', async (t) => {
    const files = { 'user/package.json': '{ "type": "module" }', 'user/m.js': 'export const say = () => 1' };
    const { remotes, write, call } = await loaded(t, files);
    write('user/m.js', 'export const say = () => 2');
    await remotes.reload();
    assert.equal(call('user.m.say'), 2);
  });

  it('leaves the objects of all other files and namespaces as they are', async (t) => {
    const counting = 'let calls = 0; module.exports = { say: () => (calls += 1) }';
    const { remotes, write, call } = await loaded(t, {
      'user/changed.js': saying(1),
      'user/same.js': counting,
      'area/same.js': counting,
    });
    assert.deepEqual([call('user.same.say'), call('area.same.say')], [1, 1]);
    write('user/changed.js', saying(2));
    const { kept } = await remotes.reload();
    assert.deepEqual(kept, ['user.same', 'area.same']);
    assert.deepEqual([call('user.same.say'), call('area.same.say')], [2, 2]);
  });

  it('makes the new module with the context, and keeps the way in which its path answers', async (t) => {
    const text = (word: string) =>
      `module.exports = (context) => ({ say: () => context.name + ${JSON.stringify(word)} })`;
    const options = { context: { name: 'the app, ' }, callbacks: true };
    const { remotes, write, call, registry } = await loaded(t, { 'user/m.js': text('old') }, options);
    write('user/m.js', text('new'));
    await remotes.reload();
    assert.equal(call('user.m.say'), 'the app, new');
    assert.equal(registry.lookup('user.m.say')?.callbacks, true);
  });

  it('runs no code of a file that did not change', async (t) => {
    const { remotes, write, told, lines } = await loaded(t, { 'user/m.js': saying(1) });
    write('user/m.js', saying(1));
    assert.deepEqual(changes(await remotes.reload()), NOTHING);
    assert.deepEqual([told, lines], [[], []]);
  });

  it('takes out the methods that the new version does not have', async (t) => {
    const { remotes, write, call } = await loaded(t, { 'user/m.js': 'module.exports = { f: () => 1, g: () => 1 }' });
    write('user/m.js', 'module.exports = { f: () => 2, h: () => 2 }');
    await remotes.reload();
    assert.deepEqual([call('user.m.f'), call('user.m.g'), call('user.m.h')], [2, 'no such method', 2]);
  });

  it('follows a file of several modules', async (t) => {
    const file = (...names: string[]) => names.map((name) => `exports.${name} = { say: () => 1 };`).join('\n');
    const { remotes, write } = await loaded(t, { 'user/m.js': file('a', 'b') });
    write('user/m.js', file('b', 'c'));
    assert.deepEqual(changes(await remotes.reload()), {
      ...NOTHING,
      replaced: ['user.b'],
      added: ['user.c'],
      removed: ['user.a'],
    });
  });

  it('adds the module of a new file, and removes that of a deleted one', async (t) => {
    const { remotes, write, remove, call } = await loaded(t, { 'user/old.js': saying(1) });
    write('user/new.js', saying(2));
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, added: ['user.new'] });
    remove('user/old.js');
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, removed: ['user.old'] });
    assert.deepEqual([call('user.old.say'), call('user.new.say')], ['no such method', 2]);
  });

  it('removes the last module of a folder, and takes the next', async (t) => {
    const { remotes, write, remove } = await loaded(t, { 'user/a.js': saying(1) });
    remove('user/a.js');
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, removed: ['user.a'] });
    write('user/b.js', saying(2));
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, added: ['user.b'] });
  });

  it('takes a module that moved to another file for the same', async (t) => {
    const chat = `module.exports = { name: 'chat', say: () => 1 }`;
    const { remotes, path } = await loaded(t, { 'user/z.js': chat, 'user/other.js': saying(1) });
    renameSync(path('user/z.js'), path('user/a.js'));
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, replaced: ['user.chat'] });
  });

  it('lets one file take the name that a later one gives up', async (t) => {
    const named = (name: string) => `module.exports = { name: '${name}', say: () => '${name}' }`;
    const { remotes, write, call } = await loaded(t, { 'user/a.js': named('one'), 'user/b.js': named('two') });
    write('user/a.js', named('two'));
    write('user/b.js', named('three'));
    assert.deepEqual((await remotes.reload()).failed, []);
    assert.deepEqual(
      [call('user.one.say'), call('user.two.say'), call('user.three.say')],
      ['no such method', 'two', 'three'],
    );
  });

  it('loads a helper again only when the helper itself changes', async (t) => {
    const { remotes, write, call } = await loaded(t, {
      'user/m.js': `const helper = require('./_helper.js'); exports.say = () => helper.word`,
      'user/_helper.js': `exports.word = 'old'`,
    });
    write('user/m.js', `const helper = require('./_helper.js'); exports.say = () => helper.word + '!'`);
    await remotes.reload();
    assert.equal(call('user.m.say'), 'old!');
    assert.deepEqual((await remotes.reload()).kept, ['user.m']);
  });

  it('waits for the one before it, so that two at once do not load a file twice', async (t) => {
    const { remotes, write } = await loaded(t, { 'user/m.js': saying(1) });
    write('user/m.js', saying(2));
    const [one, two] = await Promise.all([remotes.reload(), remotes.reload()]);
    assert.deepEqual([one.replaced, two.replaced], [['user.m'], []]);
  });

  it('is possible only between the loading and the closing', async (t) => {
    const { remotes } = await loaded(t, { 'user/m.js': saying(1) });
    remotes.close();
    await assert.rejects(remotes.reload(), (error: RpcError) => error.code === RpcCode.Closed);
    const unloaded = new HotReload(new ServiceRegistry(), resolveServiceOptions({}), console, () => {});
    await assert.rejects(unloaded.reload(), (error: RpcError) => error.code === RpcCode.Closed);
  });
});

function gate() {
  let resolve = (): void => {};
  const promise = new Promise<void>((resolveGate) => {
    resolve = resolveGate;
  });
  return { promise, resolve };
}

describe('the states of a hot reload', () => {
  const empty = () => new HotReload(new ServiceRegistry(), resolveServiceOptions({}), console, () => {});
  const isClosedError = (error: RpcError) => error.code === RpcCode.Closed;

  it('are idle, loading, loaded and closed', async (t) => {
    const paths = [{ namespace: 'user', path: folderOf(t, { 'm.js': saying(1) }) }];
    const remotes = new HotReload(new ServiceRegistry(), resolveServiceOptions({ paths }), console, () => {});
    const states: string[] = [remotes.state];
    const loading = remotes.load();
    states.push(remotes.state);
    await loading;
    states.push(remotes.state);
    remotes.close();
    remotes.close();
    states.push(remotes.state);
    assert.deepEqual(states, ['idle', 'loading', 'loaded', 'closed']);
  });

  it('let nothing be loaded twice, or after the closing', async (t) => {
    const { remotes, registry } = await loaded(t, { 'user/m.js': saying(1) });
    await assert.rejects(remotes.load(), isClosedError);
    assert.deepEqual([remotes.state, registry.size], ['loaded', 1]);
    const closed = empty();
    closed.close();
    await assert.rejects(closed.load(), isClosedError);
    assert.equal(closed.state, 'closed');
  });

  it('let a reload wait for the loading, and refuse one that the closing overtakes', async (t) => {
    const folder = folderOf(t, { 'm.mjs': 'export const say = () => 1' });
    const registry = new ServiceRegistry();
    const options = resolveServiceOptions({ paths: [{ namespace: 'user', path: folder }] });
    const remotes = new HotReload(registry, options, console, () => assert.fail('nothing was reloaded'));
    const loading = remotes.load();
    const reload = remotes.reload();
    await loading;
    assert.deepEqual(changes(await reload), NOTHING);
    // The new version is being loaded until the test lets it go on.
    const { promise, resolve } = gate();
    const started = new Promise<void>((resolveStarted) => {
      const hotReloadTest = (): Promise<void> => {
        resolveStarted();
        return promise;
      };
      Object.assign(globalThis, { hotReloadTest });
    });
    t.after(() => Reflect.deleteProperty(globalThis, 'hotReloadTest'));
    writeFileSync(join(folder, 'm.mjs'), 'await hotReloadTest(); export const say = () => 2');
    const overtaken = remotes.reload();
    await started;
    remotes.close();
    resolve();
    await assert.rejects(overtaken, isClosedError);
    assert.equal(Reflect.apply(registry.lookup('user.m.say')?.fn as () => unknown, undefined, []), 1);
  });

  it('are closed by a loading that fails', async (t) => {
    const folder = folderOf(t, { 'm.js': 'throw new Error()' });
    const options = resolveServiceOptions({ paths: [{ namespace: 'user', path: folder }] });
    const remotes = new HotReload(new ServiceRegistry(), options, console, () => {});
    await assert.rejects(remotes.load(), (error: RpcError) => error.code === RpcCode.Load);
    await assert.rejects(remotes.reload(), isClosedError);
    assert.equal(remotes.state, 'closed');
  });
});

describe('a reload that fails', () => {
  const broken: Readonly<Record<string, string>> = {
    'does not parse': 'module.exports = {',
    throws: `throw new Error('not today')`,
    'has a factory that throws': `module.exports = () => { throw new Error('not today') }`,
    'exports nothing': '',
    'exports nothing that can be called': 'module.exports = { word: 1 }',
    'needs a module that is not there': `require('./nowhere.js')`,
    'takes the name of another module': `module.exports = { name: 'other', say: () => 2 }`,
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`keeps the module of a file that ${what}, says so, and replaces the others`, async (t) => {
      const { remotes, write, call, told, lines, path } = await loaded(t, {
        'user/m.js': saying(1),
        'user/other.js': saying('other'),
        'area/n.js': saying(1),
      });
      write('user/m.js', text);
      write('area/n.js', saying(2));
      const result = await remotes.reload();
      assert.deepEqual(changes(result), { ...NOTHING, replaced: ['area.n'], failed: ['m.js'] });
      assert.deepEqual(result.kept, ['user.m', 'user.other']);
      const [failure] = result.failed;
      assert.deepEqual([failure?.namespace, failure?.file], ['user', path('user/m.js')]);
      assert.equal((failure?.error as RpcError | undefined)?.code, RpcCode.Load);
      assert.deepEqual([call('user.m.say'), call('user.other.say'), call('area.n.say')], [1, 'other', 2]);
      assert.deepEqual(told, [result]);
      assert.match(lines.join('\n'), /m\.js was not reloaded, and its old modules stay in service: RpcError: /);

      write('user/m.js', saying(3));
      assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, replaced: ['user.m'] });
      assert.equal(call('user.m.say'), 3);
    });
  }

  it('leaves what others get who require the file', async (t) => {
    const { remotes, write, path } = await loaded(t, { 'user/m.js': saying(1) });
    const before: unknown = require(path('user/m.js'));
    write('user/m.js', `throw new Error('not today')`);
    await remotes.reload();
    assert.equal(require(path('user/m.js')), before);
  });

  it('is tried again by the next, though the file is the same', async (t) => {
    const { remotes, write, call } = await loaded(t, { 'user/m.js': saying(1) });
    write('user/m.js', `module.exports = { say: () => require('./part.cjs') + 1 }; require('./part.cjs')`);
    assert.deepEqual(changes(await remotes.reload()).failed, ['m.js']);
    write('user/part.cjs', 'module.exports = 2');
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, replaced: ['user.m'] });
    assert.equal(call('user.m.say'), 3);
  });

  it('says nothing of a new file without anything to call', async (t) => {
    const { remotes, write } = await loaded(t, { 'user/m.js': saying(1) });
    write('user/constants.js', 'exports.limit = 5');
    assert.deepEqual(changes(await remotes.reload()), NOTHING);
  });

  it('keeps everything of a path that is gone as a whole', async (t) => {
    const { remotes, remove, call, path, write } = await loaded(t, { 'user/m.js': saying(1), 'area/n.js': saying(1) });
    remove('user');
    write('area/n.js', saying(2));
    const result = await remotes.reload();
    assert.deepEqual(changes(result), { ...NOTHING, replaced: ['area.n'], failed: ['user'] });
    assert.equal(result.failed[0]?.file, path('user'));
    assert.equal(call('user.m.say'), 1);
    mkdirSync(path('user'));
    write('user/m.js', saying(2));
    assert.deepEqual(changes(await remotes.reload()), { ...NOTHING, replaced: ['user.m'] });
  });
});

describe('ServiceRegistry.replace', () => {
  const module = (name: string, instance: object) => ({ name, instance, file: `/remote/${name}.js` });
  const filled = () => {
    const registry = new ServiceRegistry();
    registry.add('user', [module('a', { f: () => 1 }), module('b', { f: () => 1 })]);
    registry.add('area', [module('a', { f: () => 1 })]);
    return registry;
  };
  const names = (registry: ServiceRegistry) =>
    registry.list().map(({ namespace, module: name }) => `${namespace}.${name}`);

  it('puts one module in the place of another, and touches nothing else', () => {
    const registry = filled();
    const [b, area] = [registry.lookup('user.b.f'), registry.lookup('area.a.f')];
    registry.replace('user', ['a'], [module('a', { g: () => 2 })]);
    assert.equal(registry.lookup('user.a.f'), undefined);
    assert.equal(registry.lookup('user.a.g')?.name, 'user.a.g');
    assert.deepEqual([registry.lookup('user.b.f'), registry.lookup('area.a.f')], [b, area]);
    assert.equal(registry.size, 3);
  });

  it('changes nothing when it throws', () => {
    const registry = filled();
    const before = registry.lookup('user.a.f');
    assert.throws(
      () => registry.replace('user', ['a'], [module('c', { f() {} }), module('b', { f() {} })]),
      (error: RpcError) => error.code === RpcCode.Load,
    );
    assert.equal(registry.lookup('user.a.f'), before);
    assert.deepEqual(names(registry), ['user.a', 'user.b', 'area.a']);
  });

  it('does not mind a name that is not there', () => {
    const registry = filled();
    registry.replace('user', ['nobody'], []);
    assert.deepEqual(names(registry), ['user.a', 'user.b', 'area.a']);
  });

  it('removes a module of one namespace', () => {
    const registry = filled();
    assert.equal(registry.remove('user', 'a'), true);
    assert.equal(registry.remove('user', 'a'), false);
    assert.deepEqual(names(registry), ['user.b', 'area.a']);
    assert.equal(registry.lookup('user.a.f'), undefined);
  });

  it('gives the services themselves, by namespace and module', () => {
    const registry = filled();
    const c = { f() {} };
    registry.add('__proto__', [module('constructor', c)]);
    const objects = registry.objects();
    assert.deepEqual(Object.keys(objects), ['user', 'area', '__proto__']);
    assert.deepEqual(Object.keys(objects['user'] ?? {}), ['a', 'b']);
    assert.equal(Object.values(objects)[2]?.['constructor'], c);
  });
});
