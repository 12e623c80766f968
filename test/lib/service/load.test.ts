import 'tsx'; // some of the remote modules here are TypeScript, which no test's process runs by itself
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { type LoadedModule, loadModules, loadModulesSync } from '../../../lib/service/load.js';
import { methodNames } from '../../../lib/service/methods.js';
import { folderOf } from './files.js';

const context = { serverId: 'test-server-1' };

/** The two ways to load, which must not differ in what they give. */
const LOADERS: Readonly<Record<string, (path: string | URL) => Promise<LoadedModule[]>>> = {
  loadModules: (path) => loadModules(path, context),
  loadModulesSync: async (path) => loadModulesSync(path, context),
};

function each(
  name: string,
  test: (load: (path: string | URL) => Promise<LoadedModule[]>, t: TestContext) => Promise<void>,
) {
  for (const [loader, load] of Object.entries(LOADERS)) it(`${name} (${loader})`, (t) => test(load, t));
}

/** Module -> its callable functions. */
function shape(modules: readonly LoadedModule[]): Record<string, string[]> {
  return Object.fromEntries(modules.map(({ name, instance }) => [name, methodNames(instance)]));
}

async function rejection(promise: Promise<unknown>): Promise<RpcError> {
  const error = await promise.then(
    () => assert.fail('it loaded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RpcError, String(error));
  return error;
}

/** What a transpiler makes of `export default` and named exports. */
const transpiled = (named: string, byDefault = '') => `
  Object.defineProperty(exports, '__esModule', { value: true });
  ${named}
  ${byDefault && `Object.defineProperty(exports, 'default', { enumerable: true, get: () => ${byDefault} });`}
`;

describe('the modules of a folder', () => {
  const cases: { name: string; files: Record<string, string>; modules: Record<string, string[]> }[] = [
    {
      name: 'one a file, named by the file',
      files: {
        'chat.js': 'module.exports = { send() {}, leave() {} }',
        'user.cjs': 'exports.login = function (name, cb) {}',
        'area.mjs': 'export default { enter() {} }',
      },
      modules: { area: ['enter'], chat: ['send', 'leave'], user: ['login'] },
    },
    {
      name: 'named by its own name where it has one',
      files: {
        'a.js': `module.exports = { name: 'chat', send() {} }`,
        'b.mjs': `export const name = 'user'; export function login() {}`,
        'c.js': `module.exports = class { name = 'area'; enter() {} }`,
        'd.js': `module.exports = { name: '', f() {} }`,
        'e.js': `module.exports = { name: 5, f() {} }`,
        'f.js': `module.exports = { get name() { throw new Error('a getter was run') }, f() {} }`,
        'g.js': `module.exports = () => Object.assign(function chosenByNobody() {}, { f() {} })`,
        'h.js': `module.exports = { name() {} }`,
      },
      modules: {
        chat: ['send'],
        user: ['login'],
        area: ['enter'],
        d: ['f'],
        e: ['f'],
        f: ['f'],
        g: ['f'],
        h: ['name'],
      },
    },
    {
      name: 'made by a factory',
      files: {
        'plain.js': 'module.exports = function (context) { return { id: function () { return context.serverId } } }',
        'arrow.mjs': 'export default (context) => ({ id: () => context.serverId })',
        'instance.js':
          'class R { constructor(c) { this.c = c } id() { return this.c.serverId } } module.exports = (c) => new R(c)',
        'pinus.mjs': `
          export default function (app) { return new Remoter(app) }
          export class Remoter { constructor(app) { this.app = app } async id() { return this.app.serverId } }`,
        'transpiled.js': transpiled(
          'class Remoter { constructor(app) { this.app = app } id() { return this.app.serverId } } exports.Remoter = Remoter;',
          '(app) => new Remoter(app)',
        ),
      },
      modules: { arrow: ['id'], instance: ['id'], pinus: ['id'], plain: ['id'], transpiled: ['id'] },
    },
    {
      name: 'made of a class',
      files: {
        'native.mjs': 'export default class { constructor(c) { this.c = c } id() { return this.c.serverId } }',
        'derived.js': 'class B { id() {} } module.exports = class extends B { own() {} }',
        'es5.js':
          'function R(c) { this.c = c } R.prototype.id = function () { return this.c.serverId }; module.exports = R',
        'inherits.js':
          'function B() {} B.prototype.id = function () {}; function R() { B.call(this); this.own = function () {} } ' +
          `require('util').inherits(R, B); module.exports = R`,
        'transpiled.js': transpiled('', 'class { id() {} }'),
        // JavaScript written for pinus, which asks a file for a function of this name.
        'assigned.js': 'exports.default = class { id() {} }',
        // The namespace that import() makes of a transpiled file, where only Node takes part.
        'twice.mjs':
          'export default Object.defineProperty({ default: class { id() {} } }, "__esModule", { value: true })',
      },
      modules: {
        assigned: ['id'],
        derived: ['own', 'id'],
        es5: ['id'],
        inherits: ['own', 'id'],
        native: ['id'],
        transpiled: ['id'],
        twice: ['id'],
      },
    },
    {
      name: 'an object of the functions that it exports by name',
      files: {
        'esm.mjs': 'export function send() {} export const leave = async () => {}; export const LIMIT = 5',
        'cjs.js': 'exports.send = function () {}; exports.helper = { f() {} }; exports.Remote = class { f() {} }',
        'transpiled.js': transpiled(`Object.defineProperty(exports, 'send', { enumerable: true, get: () => () => 1 })`),
      },
      modules: { cjs: ['send'], esm: ['leave', 'send'], transpiled: ['send'] },
    },
    {
      name: 'written in TypeScript, where that runs',
      files: {
        'a.ts': 'export default class { send(text: string): string { return text } }',
        'b.mts': 'export function send(text: string): string { return text }',
        'c.cts': 'module.exports = { send(text: string): string { return text } }',
      },
      modules: { a: ['send'], b: ['send'], c: ['send'] },
    },
    {
      name: 'nothing else that lies in it',
      files: {
        'chat.js': 'exports.send = () => {}',
        'chat.js.map': '{}',
        'chat.d.ts': 'export declare function send(): void; throw 1',
        'chat.d.mts': 'throw 1',
        'chat.test.js': 'throw 1',
        'chat.spec.ts': 'throw 1',
        '.hidden.js': 'throw 1',
        'readme.md': '# throw 1',
        'data.json': '{ "f": 1 }',
        'deeper/user.js': 'throw 1',
        'folder.js/index.js': 'throw 1',
        'constants.mjs': 'export const LIST = [1]; export const AT = new Date(); export const LIMITS = { max: 5 }',
        'types.mjs': 'export {}',
        'empty.js': '',
        'none.js': 'module.exports = null',
        'five.js': 'module.exports = 5',
      },
      modules: { chat: ['send'] },
    },
  ];
  for (const { name, files, modules } of cases) {
    each(`are ${name}`, async (load, t) => {
      const folder = folderOf(t, files);
      const loaded = await load(folder);
      assert.deepEqual(shape(loaded), modules);
      for (const { file } of loaded) assert.ok(basename(file) in files, file);
    });
  }

  each('are made with the context', async (load, t) => {
    const folder = folderOf(t, {
      'a.js': 'module.exports = function (context) { return { id() { return context.serverId } } }',
      'b.mjs':
        'export default class { constructor(context) { this.context = context } id() { return this.context.serverId } }',
    });
    for (const { instance } of await load(folder)) {
      assert.equal((instance as { id(): string }).id(), 'test-server-1');
    }
  });

  each('are loaded in the order of their names', async (load, t) => {
    const body = 'export default { f() {} }';
    const folder = folderOf(t, { 'b.mjs': body, 'B.mjs': body, 'a.mjs': body, '10.mjs': body, '9.mjs': body });
    assert.deepEqual(
      (await load(folder)).map(({ name }) => name),
      ['10', '9', 'B', 'a', 'b'],
    );
  });

  each('are not those of TypeScript beside what it was compiled to', async (load, t) => {
    const text = 'exports.send = () => {}';
    const esm = 'export const send = () => {}';
    const names = ['a.js', 'a.ts', 'b.cjs', 'b.cts', 'c.mjs', 'c.mts'];
    const folder = folderOf(t, Object.fromEntries(names.map((name) => [name, name.startsWith('c') ? esm : text])));
    const files = (await load(folder)).map(({ file }) => basename(file));
    assert.deepEqual(files, ['a.js', 'b.cjs', 'c.mjs']);
  });

  each('are not the parts of an instance, nor the members of a list', async (load, t) => {
    const folder = folderOf(t, {
      'a.js': 'exports.f = () => {}',
      'b.mjs': 'export default new (class { part = { f() {} } })()',
      'c.mjs': 'export default [{ f() {} }]',
    });
    assert.deepEqual(shape(await load(folder)), { a: ['f'] });
  });

  each('are exported objects themselves, not copies', async (load, t) => {
    const folder = folderOf(t, { 'counter.js': 'exports.n = 0; exports.next = function () { return ++this.n }' });
    const [counter] = await load(folder);
    const instance = counter?.instance as { n: number; next(): number };
    assert.equal(instance.next(), 1);
    assert.equal(instance.n, 1);
  });

  each('are refused where two files give one name', async (load, t) => {
    const folder = folderOf(t, {
      'chat.js': 'exports.a = () => {}',
      'x.js': `module.exports = { name: 'chat', b() {} }`,
    });
    const error = await rejection(load(folder));
    assert.equal(error.code, RpcCode.Load);
    assert.ok(error.message.includes(join(folder, 'chat.js')), error.message);
    assert.ok(error.message.includes(join(folder, 'x.js')), error.message);
  });

  it('may have top-level awaits where there is time for them', async (t) => {
    const folder = folderOf(t, { 'slow.mjs': 'const n = await Promise.resolve(7); export const seven = () => n' });
    assert.deepEqual(shape(await loadModules(folder, context)), { slow: ['seven'] });
  });

  each('may have a function that is named then', async (load, t) => {
    const folder = folderOf(t, { 'a.mjs': 'export default { then(resolve) { resolve({ other() {} }) } }' });
    assert.deepEqual(shape(await load(folder)), { a: ['then'] });
  });
});

describe('the modules of a file', () => {
  const cases: { name: string; file: string; text: string; modules: Record<string, string[]> }[] = [
    {
      name: 'one an export, where the exports are objects',
      file: 'service.js',
      text: 'exports.module1 = { func1() {}, func2() {} }; exports.module2 = { func3() {} }',
      modules: { module1: ['func1', 'func2'], module2: ['func3'] },
    },
    {
      name: 'one an export, of an ES module',
      file: 'service.mjs',
      text: `
        export const module1 = { name: 'not the name of the export', func1() {} }
        export class module2 { constructor(context) { this.context = context } func2() {} }
        export class Empty {}
        export const _private = { f() {} }; export const LIST = [1]; export const version = '1'`,
      modules: { module1: ['func1'], module2: ['func2'] },
    },
    {
      name: 'one an export, of a transpiled one',
      file: 'service.js',
      text: transpiled(`Object.defineProperty(exports, 'module1', { enumerable: true, get: () => ({ func1() {} }) })`),
      modules: { module1: ['func1'] },
    },
    {
      name: 'one a property, of a default export of objects',
      file: 'service.mjs',
      text: 'export default { module1: { func1() {} }, module2: class { func2() {} } }',
      modules: { module1: ['func1'], module2: ['func2'] },
    },
    {
      name: 'one, where it exports a factory',
      file: 'service.js',
      text: 'module.exports = function (context) { return { echo(text, cb) {} } }',
      modules: { service: ['echo'] },
    },
    {
      name: 'one, where it exports functions',
      file: 'service.js',
      text: 'exports.echo = function () {}; exports.module1 = { func1() {} }',
      modules: { service: ['echo'] },
    },
    {
      name: 'one, where it has a default export',
      file: 'service.mjs',
      text: 'export default { echo() {} }; export const module1 = { func1() {} }; export function other() {}',
      modules: { service: ['echo'] },
    },
    {
      name: 'one, where the default is an instance of a class, however empty',
      file: 'service.mjs',
      text: 'class Service { module1 = { func1() {} }; echo() {} } export default new Service()',
      modules: { service: ['echo'] },
    },
    {
      name: 'named by the file up to its extension',
      file: 'chat.v2.mjs',
      text: 'export function send() {}',
      modules: { 'chat.v2': ['send'] },
    },
    {
      name: 'those of a test or a dotfile, if that is what the path says',
      file: '.chat.test.js',
      text: 'exports.send = () => {}',
      modules: { '.chat.test': ['send'] },
    },
  ];
  for (const { name, file, text, modules } of cases) {
    each(`are ${name}`, async (load, t) => {
      const folder = folderOf(t, { [file]: text });
      const loaded = await load(join(folder, file));
      assert.deepEqual(shape(loaded), modules);
      for (const module of loaded) assert.equal(module.file, join(folder, file));
    });
  }
});

describe('a path', () => {
  each('is absolute, relative to the working directory, or a file URL', async (load, t) => {
    const folder = folderOf(t, {
      'sub folder/a.mjs': 'export const f = () => {}',
      'sub folder/b.cjs': 'exports.g = () => {}',
    });
    const path = join(folder, 'sub folder');
    const url = pathToFileURL(path);
    assert.match(url.href, /%20/);
    for (const form of [
      path,
      `${path}/`,
      relative(process.cwd(), path),
      url,
      url.href,
      url.href.replace('file:', 'FILE:'),
    ]) {
      assert.deepEqual(shape(await load(form)), { a: ['f'], b: ['g'] }, String(form));
    }
  });

  const refused: { name: string; path: unknown; code: RpcCode; says: RegExp }[] = [
    { name: 'undefined', path: undefined, code: RpcCode.InvalidArgument, says: /path .*undefined/ },
    { name: 'a number', path: 5, code: RpcCode.InvalidArgument, says: /path .*5/ },
    { name: 'an object', path: Object.create(null), code: RpcCode.InvalidArgument, says: /path/ },
    { name: 'empty', path: '', code: RpcCode.InvalidArgument, says: /path .*""/ },
    {
      name: 'a URL of the web',
      path: new URL('http://host/x'),
      code: RpcCode.InvalidArgument,
      says: /http:\/\/host\/x/,
    },
    { name: 'cut by a zero byte', path: '/a\0b', code: RpcCode.Load, says: /cannot be read/ },
    { name: 'through a file', path: './package.json/x', code: RpcCode.Load, says: /package\.json.x/ },
    { name: 'a file of another kind', path: './package.json', code: RpcCode.Load, says: /package\.json .*is no \.js/ },
  ];
  for (const { name, path, code, says } of refused) {
    each(`is refused if it is ${name}`, async (load) => {
      const error = await rejection((async () => load(path as string))());
      assert.equal(error.code, code);
      assert.match(error.message, says);
    });
  }

  each('is refused if there is nothing, and named as it was given and as it was resolved', async (load) => {
    const error = await rejection(load('./no/such/folder'));
    assert.equal(error.code, RpcCode.Load);
    assert.equal(error.message, `remote path ./no/such/folder (${resolve('no/such/folder')}) does not exist`);
  });

  const barren: Record<string, Record<string, string>> = {
    'is empty': {},
    'has no module': { 'readme.md': '', 'a.d.ts': '', 'sub/a.js': 'exports.f = () => {}' },
    'exports nothing callable': { 'a.js': 'exports.LIMIT = 5', 'b.mjs': 'export {}' },
  };
  for (const [name, files] of Object.entries(barren)) {
    each(`may be a folder that ${name}, since its modules may still be to be written`, async (load, t) => {
      assert.deepEqual(await load(folderOf(t, files)), []);
    });
  }

  each('is refused if it is a file that exports nothing callable', async (load, t) => {
    const file = join(folderOf(t, { 'a.js': 'exports.LIMIT = 5' }), 'a.js');
    const error = await rejection(load(file));
    assert.equal(error.code, RpcCode.Load);
    assert.match(error.message, /exports nothing that can be called/);
    assert.ok(error.message.includes(file), error.message);
  });

  each('is refused with the reason for each member of the file', async (load, t) => {
    const file = join(folderOf(t, { 'a.js': 'exports.LIMIT = 5; exports.each = function* () {}' }), 'a.js');
    const { message } = await rejection(load(file));
    assert.match(message, /called \(LIMIT is not a function but a number; .*; each is a generator function, /);
  });

  each('is refused if it is a declaration, even by name', async (load, t) => {
    const folder = folderOf(t, { 'a.d.ts': 'export {}' });
    assert.equal((await rejection(load(join(folder, 'a.d.ts')))).code, RpcCode.Load);
  });

  each('may have links in it, and a dangling one is an error', async (load, t) => {
    const folder = folderOf(t, { 'real/a.mjs': 'export const f = () => {}' });
    mkdirSync(join(folder, 'remote'));
    symlinkSync(join(folder, 'real', 'a.mjs'), join(folder, 'remote', 'b.mjs'));
    assert.deepEqual(shape(await load(join(folder, 'remote'))), { b: ['f'] });
    symlinkSync(join(folder, 'nowhere.mjs'), join(folder, 'remote', 'c.mjs'));
    const error = await rejection(load(join(folder, 'remote')));
    assert.equal(error.code, RpcCode.Load);
    assert.match(error.message, /c\.mjs/);
  });
});

describe('a module that fails', () => {
  const cases: { name: string; file: string; text: string; says: RegExp; cause?: RegExp }[] = [
    { name: 'while it loads', file: 'a.js', text: `throw new Error('no disk')`, says: /no disk/, cause: /no disk/ },
    {
      name: 'while it loads, as an ES module',
      file: 'a.mjs',
      text: `throw new Error('no disk')`,
      says: /no disk/,
      cause: /no disk/,
    },
    { name: 'with something that is no error', file: 'a.js', text: 'throw null', says: /null/, cause: /null/ },
    { name: 'by its syntax', file: 'a.mjs', text: 'export default {', says: /a\.mjs/, cause: /./ },
    { name: 'by what it imports', file: 'a.mjs', text: `import './gone.mjs'`, says: /gone\.mjs/, cause: /gone\.mjs/ },
    {
      name: 'in a getter of its exports',
      file: 'a.js',
      text: transpiled(
        `Object.defineProperty(exports, 'f', { enumerable: true, get() { throw new Error('too early') } })`,
      ),
      says: /too early/,
      cause: /too early/,
    },
    {
      name: 'in its factory',
      file: 'a.js',
      text: `module.exports = () => { throw new Error('no app') }`,
      says: /no app/,
      cause: /no app/,
    },
    {
      name: 'in its constructor',
      file: 'a.mjs',
      text: `export default class { constructor() { throw new Error('no app') } f() {} }`,
      says: /no app/,
      cause: /no app/,
    },
    {
      name: 'in the constructor of one export',
      file: 'a.mjs',
      text: `export class Chat { constructor() { throw new Error('no app') } f() {} }`,
      says: /Chat of .*no app/,
      cause: /no app/,
    },
    {
      name: 'by a factory that returns nothing',
      file: 'a.js',
      text: 'module.exports = () => {}',
      says: /returned nothing/,
    },
    {
      name: 'by a factory that returns null',
      file: 'a.js',
      text: 'module.exports = () => null',
      says: /returned null/,
    },
    {
      name: 'by a factory that returns a string',
      file: 'a.js',
      text: `module.exports = () => 'chat'`,
      says: /returned a string/,
    },
    {
      name: 'by a factory that returns a promise',
      file: 'a.js',
      text: 'module.exports = () => Promise.resolve({ f() {} })',
      says: /promise/,
    },
    { name: 'by an async factory', file: 'a.mjs', text: 'export default async () => ({ f() {} })', says: /async/ },
    {
      name: 'by a generator for a factory',
      file: 'a.js',
      text: 'module.exports = function* () { return { f() {} } }',
      says: /generator/,
    },
  ];
  for (const { name, file, text, says, cause } of cases) {
    each(`${name} is an error that names it`, async (load, t) => {
      const folder = folderOf(t, { [file]: text, 'b.js': 'exports.f = () => {}' });
      const error = await rejection(load(folder));
      assert.equal(error.code, RpcCode.Load);
      assert.match(error.message, says);
      assert.ok(error.message.includes(join(folder, file)), error.message);
      if (cause === undefined) assert.equal(error.cause, undefined);
      else assert.match(String(error.cause), cause);
    });
  }

  it('by a top-level await, where there is no time for it, is told what to do', async (t) => {
    const folder = folderOf(t, { 'slow.mjs': 'await null; export const f = () => {}' });
    const error = await rejection((async () => loadModulesSync(folder, context))());
    assert.equal(error.code, RpcCode.Load);
    assert.match(error.message, /slow\.mjs.*top-level await.*`path`/s);
    assert.equal((error.cause as { code?: string }).code, 'ERR_REQUIRE_ASYNC_MODULE');
  });

  it('because nothing runs TypeScript here is told so', async (t) => {
    // Whatever runs this test runs TypeScript, so the failure is Node's own, thrown by hand.
    const folder = folderOf(t, {
      'a.ts': `throw Object.assign(new TypeError('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' })`,
    });
    assert.match(
      (await rejection(loadModules(folder, context))).message,
      /a\.ts.*run TypeScript\?.*compiled.*--import tsx.*`services`/,
    );
  });
});
