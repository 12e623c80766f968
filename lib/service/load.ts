import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { debug } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { findRemoteFiles, isTypeScript, type RemoteFiles } from './remote-files.js';
import { type LoadedModule, mainExport, modulesOf } from './remote-module.js';

export type { LoadedModule } from './remote-module.js';

const require = createRequire(import.meta.url);

/**
 * Loads the remote modules of a record's path, one file after the other, and makes them with the context. What the
 * path may be is told at {@link findRemoteFiles}, what a file may export at {@link modulesOf}. Code that was loaded
 * before is not run again; factories are called and classes constructed each time.
 *
 * Rejects with {@link RpcCode.InvalidArgument} where the path is none, and with {@link RpcCode.Load} where it does
 * not exist, a file of it fails, two of its modules have one name, or nothing in it can be called.
 * Waits for top-level awaits without limit.
 */
export async function loadModules(path: string | URL, context: unknown): Promise<LoadedModule[]> {
  const found = findRemoteFiles(path);
  const modules = new Map<string, LoadedModule>();
  for (const file of found.files) {
    // Not in a function of its own: what that returned would be awaited, and an export may have a `then`.
    let main: unknown;
    try {
      main = mainExport(await import(pathToFileURL(file).href));
    } catch (error) {
      throw loadFailure(file, error);
    }
    collect(modules, modulesOf(main, file, context));
  }
  return listed(modules, found);
}

/**
 * {@link loadModules} for who cannot wait. Throws what that rejects with, and {@link RpcCode.Load} for an ES module
 * with a top-level await, in it or in what it imports.
 */
export function loadModulesSync(path: string | URL, context: unknown): LoadedModule[] {
  const found = findRemoteFiles(path);
  const modules = new Map<string, LoadedModule>();
  for (const file of found.files) {
    let main: unknown;
    try {
      main = mainExport(require(file));
    } catch (error) {
      throw loadFailure(file, error);
    }
    collect(modules, modulesOf(main, file, context));
  }
  return listed(modules, found);
}

let versions = 0;

/**
 * The modules of one file as it is now, whatever was loaded of it before; none where nothing in it can be called.
 * Only this file is read again: what it imports stays as it was loaded. Rejects with {@link RpcCode.Load}, and those
 * who `require` the file then go on getting what they had.
 *
 * Node never lets go of a module that it has imported, so each version of a file stays in memory.
 */
export async function loadFresh(file: string, context: unknown): Promise<LoadedModule[]> {
  // Whatever kind of module it is: a CommonJS one is looked up here by its path, an ES one elsewhere by its whole URL.
  const cacheKey = existsSync(file) ? realpathSync(file) : file;
  const cached = require.cache[cacheKey];
  delete require.cache[cacheKey];
  try {
    versions += 1;
    let main: unknown;
    try {
      main = mainExport(await import(`${pathToFileURL(file).href}?mailstation=${versions}`));
    } catch (error) {
      throw loadFailure(file, error);
    }
    return modulesOf(main, file, context);
  } catch (error) {
    if (cached !== undefined) require.cache[cacheKey] = cached;
    throw error;
  }
}

function collect(modules: Map<string, LoadedModule>, more: readonly LoadedModule[]): void {
  for (const module of more) {
    const other = modules.get(module.name);
    if (other !== undefined) {
      throw new RpcError(RpcCode.Load, `two remote modules are named ${module.name}: ${other.file} and ${module.file}`);
    }
    debug.service('loaded %s from %s', module.name, module.file);
    modules.set(module.name, module);
  }
}

function listed(modules: ReadonlyMap<string, LoadedModule>, { shown }: RemoteFiles): LoadedModule[] {
  if (modules.size > 0) return [...modules.values()];
  throw new RpcError(RpcCode.Load, `remote path ${shown} exports nothing that can be called`);
}

function loadFailure(file: string, cause: unknown): RpcError {
  return new RpcError(RpcCode.Load, `cannot load remote module ${file}: ${reason(file, cause)}`, { cause });
}

function reason(file: string, cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (code === 'ERR_REQUIRE_ASYNC_MODULE') {
    return (
      'it, or a module that it imports, has a top-level await, and proxies are made synchronously. Leave `path` out ' +
      'of the record (the proxies are then made on demand, without the code of the server), or remove the await'
    );
  }
  if (
    isTypeScript(file) &&
    (code === 'ERR_UNKNOWN_FILE_EXTENSION' || (code === undefined && cause instanceof SyntaxError))
  ) {
    return `${messageOf(cause)}. Does this process run TypeScript? If not, give the path of the compiled files`;
  }
  return messageOf(cause);
}
