import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadModules } from '../../lib/service/load.js';
import { methodNames } from '../../lib/service/methods.js';
import type { RemoteProxies } from '../../proxy/index.js';
import type { App } from './fixtures/remote/context.js';
import type { Remotes } from './fixtures/remotes.js';

type Proxies = RemoteProxies<Remotes>['user'];
/** A name too few or too many does not compile. */
type AllNames<Modules> = { readonly [Module in keyof Modules]: Readonly<Record<keyof Modules[Module], true>> };

const FOLDER: AllNames<Pick<Proxies['test'], 'module1' | 'rooms' | 'status' | 'legacy' | 'transpiled'>> = {
  legacy: { whoAmI: true },
  module1: { func1: true, func2: true, func3: true, func4: true, func5: true },
  rooms: { find: true, join: true, close: true, walk: true },
  status: { describe: true, ping: true, history: true },
  transpiled: { double: true },
};
const FILE: AllNames<Proxies['service']> = { math: { add: true }, Clock: { now: true } };

/** Generators are methods to the types, which say that they cannot be called. */
const ONLY_TYPED = ['walk', 'history'];
/** `protected` and `private` are gone at run time. */
const ONLY_LOADED = ['membersOf'];

function without(names: readonly string[], left: readonly string[]): string[] {
  return names.filter((name) => !left.includes(name)).sort();
}

describe('the types and the loader', () => {
  for (const [path, names] of [
    [new URL('./fixtures/remote/test', import.meta.url), FOLDER],
    [new URL('./fixtures/remote/service.ts', import.meta.url), FILE],
  ] as const) {
    it(`find the same modules and methods in ${path.pathname.split('/fixtures/').pop()}`, async () => {
      const app: App = { serverId: 'test-server-1' };
      const loaded = await loadModules(path, app);
      const found = loaded.map(({ name, instance }) => [name, without(methodNames(instance), ONLY_LOADED)]);
      const typed = Object.entries(names).map(([name, methods]) => [name, without(Object.keys(methods), ONLY_TYPED)]);
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(typed));
    });
  }
});
