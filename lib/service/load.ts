import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { types } from 'node:util';
import { debug, type Logger } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { importFile, requireFile, requireOf } from './import-file.js';
import { isObject } from './methods.js';
import { findRemoteFiles, isTypeScript, type RemoteFiles, resolveRemotePath } from './remote-files.js';
import { type LoadedModule, modulesOf, type OnNothing } from './remote-module.js';
import { withNotice } from './slow-import.js';
import { whyNoneCallable } from './uncallable.js';

export type { LoadedModule } from './remote-module.js';

/**
 * Loads the remote modules of a record's path, one file after the other, and makes them with the context. See
 * {@link findRemoteFiles} for the paths, and {@link modulesOf} for the exports. Code that was loaded before does not run
 * again. Factories are called, and classes constructed, each time.
 *
 * Rejects with {@link RpcCode.InvalidArgument} for an invalid path. Rejects with {@link RpcCode.Load} for a path that does
 * not exist, a file that fails, two modules of one name, or a path to a file without anything to call. A folder without
 * anything to call has no modules. Waits for top-level awaits without limit; `logger` gets a line where that takes long. With
 * `onNothing`, that function is called for each file of a folder whose factory returns no object, and the file is left out.
 */
export async function loadModules(
  path: string | URL,
  context: unknown,
  logger?: Logger,
  onNothing?: OnNothing,
): Promise<LoadedModule[]> {
  const found = findRemoteFiles(path);
  const modules = new Map<string, LoadedModule>();
  let main: unknown;
  for (const file of found.files) {
    try {
      ({ main } = await withNotice(file, importFile(file), logger));
    } catch (error) {
      throw loadFailure(file, error);
    }
    collect(modules, modulesOf(main, file, context, found.isFolder ? onNothing : undefined));
  }
  return allowed(modules, found, main);
}

/**
 * Does what {@link loadModules} does, synchronously. Throws the same errors, and {@link RpcCode.Load} for an ES module that
 * has a top-level await or imports a module that has one.
 */
export function loadModulesSync(path: string | URL, context: unknown, onNothing?: OnNothing): LoadedModule[] {
  const found = findRemoteFiles(path);
  const modules = new Map<string, LoadedModule>();
  let main: unknown;
  for (const file of found.files) {
    try {
      ({ main } = requireFile(file));
    } catch (error) {
      throw loadFailure(file, error);
    }
    collect(modules, modulesOf(main, file, context, found.isFolder ? onNothing : undefined));
  }
  return allowed(modules, found, main);
}

let versions = 0;

/**
 * Loads the modules of one file as the file is now, without regard to what was loaded before. Empty for a file without
 * anything to call. Imported files stay as they were loaded. Rejects with {@link RpcCode.Load}; `require` of the file then
 * goes on returning the old exports.
 *
 * The earlier version of a CommonJS file is freed with its last user. Node never releases an ES module: each version stays in
 * memory.
 */
export async function loadFresh(file: string, context: unknown): Promise<LoadedModule[]> {
  // A CommonJS module is cached here by its path. An ES module is cached elsewhere, by its whole URL.
  const cacheKey = existsSync(file) ? realpathSync(file) : file;
  const { cache } = requireOf(file);
  const cached = cache[cacheKey];
  delete cache[cacheKey];
  try {
    let main: unknown;
    try {
      ({ main } = isCommonJs(file, cached) ? requireFile(file) : await importFile(file, `?mailstation=${++versions}`));
    } catch (error) {
      throw loadFailure(file, error);
    }
    const modules = modulesOf(main, file, context);
    if (cached !== undefined) forget(cached, cache);
    return modules;
  } catch (error) {
    const failed = cache[cacheKey];
    if (failed !== undefined && failed !== cached) forget(failed, cache);
    if (cached !== undefined) cache[cacheKey] = cached;
    throw error;
  }
}

/** Frees what `require` holds of a file that was deleted. */
export function unload(file: string): void {
  const { cache } = requireOf(file);
  const cached = cache[file];
  if (cached === undefined) return;
  delete cache[file];
  forget(cached, cache);
}

/**
 * True for a file that `require` loads: `import()` would keep each version. Only a load shows what a `.js` file is, since
 * Node also decides by the syntax.
 */
function isCommonJs(file: string, cached: NodeJS.Module | undefined): boolean {
  return file.endsWith('.cjs') || (cached !== undefined && !types.isModuleNamespaceObject(cached.exports));
}

/** Modules that have required this one hold it as a child. */
function forget(module: NodeJS.Module, cache: NodeJS.Dict<NodeJS.Module>): void {
  for (const parent of Object.values(cache)) {
    const at = parent?.children?.indexOf(module) ?? -1;
    if (at >= 0) parent?.children.splice(at, 1);
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

/** `main`: main export of the last file, which is the only one where the path is that of a file. */
function allowed(
  modules: ReadonlyMap<string, LoadedModule>,
  { shown, isFolder }: RemoteFiles,
  main: unknown,
): LoadedModule[] {
  if (modules.size > 0 || isFolder) return [...modules.values()];
  const why = isObject(main) ? whyNoneCallable(main) : '';
  throw new RpcError(
    RpcCode.Load,
    `remote path ${shown} exports nothing that can be called${why && ` (${why})`}; export functions, a factory or a class`,
  );
}

function loadFailure(file: string, cause: unknown): RpcError {
  return new RpcError(RpcCode.Load, `cannot load remote module ${file}: ${loadFailureReason(file, cause)}`, { cause });
}

function loadFailureReason(file: string, cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (code === 'ERR_REQUIRE_ASYNC_MODULE') {
    return (
      'the module, or a module that it imports, has a top-level await, and proxies are made synchronously; leave `path` ' +
      'out of the record (the proxies are then made on demand, without the code of the server), or remove the await'
    );
  }
  if (
    isTypeScript(file) &&
    (code === 'ERR_UNKNOWN_FILE_EXTENSION' || (code === undefined && cause instanceof SyntaxError))
  ) {
    return (
      `${messageOf(cause)}. Does this process run TypeScript? If not, give the path of the compiled files, start Node with a ` +
      'loader (`--import tsx`), or import the module and give it to the server in `services`'
    );
  }
  return messageOf(cause);
}

/** Logs files of a folder that were left out. */
export function logLeftOut(logger: Logger): OnNothing {
  return (why) => logger.warn(`mailstation: a file of a remote folder was left out: ${why}`);
}

/** Number of subfolders in a log line. */
const SHOWN_FOLDERS = 3;

/** Log line about a folder that has no modules: pomelo and pinus start a server whose remote modules are still to be written. */
export function nothingToCall(path: string | URL): string {
  const folders = readdirSync(resolveRemotePath(path), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).slice(0, SHOWN_FOLDERS);
  const hint = names.length === 0 ? '' : `; give the path of one of them, such as ${names.join(' or ')}`;
  return (
    `mailstation: the folder ${path} has no remote module: its files export no function, factory or class, or there are ` +
    `none (subfolders are not searched${hint})`
  );
}
