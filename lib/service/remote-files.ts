import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { invalid, nonEmptyString } from '../options.js';
import { shown } from '../quoted.js';

/** Files of one record's path. */
export interface RemoteFiles {
  /** The path as given and as resolved, for error texts. */
  readonly shown: string;
  /** Absolute paths; in a folder in the order of the names. At least one where the path is a file. */
  readonly files: readonly string[];
  /** True for a folder, which may be empty; false for a file. */
  readonly isFolder: boolean;
}

const SOURCE = /\.[cm]?[jt]s$/;
const DECLARATION = /\.d\.[cm]?ts$/;
const TEST = /\.(?:test|spec)\.[cm]?[jt]s$/;

/**
 * Finds the files of a record's path: an absolute path, a file URL (object or string), or a path relative to the working
 * directory. Subfolders are not searched. Throws {@link RpcCode.InvalidArgument} for an invalid path. Throws
 * {@link RpcCode.Load} for a path that does not exist or cannot be read, and for a file that is no module.
 */
export function findRemoteFiles(path: string | URL): RemoteFiles {
  const resolved = resolveRemotePath(path);
  const given = String(path);
  const shown = given === resolved ? given : `${given} (${resolved})`;
  const failure = (why: string, cause?: unknown) => {
    return new RpcError(RpcCode.Load, `remote path ${shown} ${why}`, { cause });
  };

  let found: Omit<RemoteFiles, 'shown'> | undefined;
  try {
    found = listFiles(resolved);
  } catch (error) {
    throw failure(`cannot be read: ${messageOf(error)}`, error);
  }
  if (found === undefined) throw failure('does not exist');
  if (found.files.length === 0 && !found.isFolder)
    throw failure('is no .js, .cjs, .mjs, .ts, .cts or .mts file, nor a folder');
  return { shown, ...found };
}

/** `chat` for `chat.js`. */
export function withoutExtension(fileName: string): string {
  return fileName.replace(SOURCE, '');
}

export function isTypeScript(file: string): boolean {
  return file.endsWith('ts');
}

/** Absolute path of a record's path. Throws {@link RpcCode.InvalidArgument}. */
export function resolveRemotePath(path: string | URL): string {
  if (typeof path === 'string' && !/^file:/i.test(path)) return resolve(nonEmptyString('path', path));
  try {
    return fileURLToPath(path);
  } catch (error) {
    // For example a number, undefined, an http: URL, or a file: URL with a host or an encoded slash.
    throw invalid(
      `path must be a file's path or a file: URL, got ${path instanceof URL ? shown(path) : messageOf(path)} (${messageOf(error)})`,
    );
  }
}

/** Undefined for a path that does not exist. */
function listFiles(path: string): Omit<RemoteFiles, 'shown'> | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return { files: isSource(path) ? [path] : [], isFolder: false };
  const files = modulesAmong(readdirSync(path)).map((name) => join(path, name));
  return { files: files.filter(mayBeFile), isFolder: true };
}

/** Module files among the names: no dotfiles, declarations or tests, and no TypeScript that is compiled beside its source. */
function modulesAmong(names: readonly string[]): string[] {
  const all = new Set(names);
  const isModule = (name: string) =>
    !name.startsWith('.') && isSource(name) && !TEST.test(name) && !(isTypeScript(name) && all.has(compiledName(name)));
  // Sorted by code units, so that the order of loading is the same on every machine.
  return names.filter(isModule).sort();
}

export function isSource(name: string): boolean {
  return SOURCE.test(name) && !DECLARATION.test(name);
}

/** Name of the file that a compiler writes beside the source: `.ts` -> `.js`, `.mts` -> `.mjs`, `.cts` -> `.cjs`. */
function compiledName(name: string): string {
  return name.replace(/ts$/, 'js');
}

/** False for a folder named `x.js`. True for a dangling link, so that loading the link fails with the reason. */
function mayBeFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}
