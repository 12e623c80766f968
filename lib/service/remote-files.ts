import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { invalid, nonEmptyString } from '../options.js';

/** The files that one record's path names. */
export interface RemoteFiles {
  /** The path as given and as resolved, for messages. */
  readonly shown: string;
  /** Absolute, at least one unless it may be empty; a folder's in the order of their names. */
  readonly files: readonly string[];
}

const SOURCE = /\.[cm]?[jt]s$/;
const DECLARATION = /\.d\.[cm]?ts$/;
const TEST = /\.(?:test|spec)\.[cm]?[jt]s$/;

/**
 * Finds the files of a record's path: absolute, a file URL (object or string), or relative to the working directory.
 * A folder's subfolders are not searched. Throws {@link RpcCode.InvalidArgument} for what is no path at all, and
 * {@link RpcCode.Load} for one that does not exist, cannot be read or, unless it may be empty, holds no module.
 */
export function findRemoteFiles(path: string | URL, { mayBeEmpty = false } = {}): RemoteFiles {
  const resolved = resolveRemotePath(path);
  const given = String(path);
  const shown = given === resolved ? given : `${given} (${resolved})`;
  const refused = (why: string, cause?: unknown) => {
    return new RpcError(RpcCode.Load, `remote path ${shown} ${why}`, { cause });
  };

  let files: string[] | undefined;
  try {
    files = look(resolved);
  } catch (error) {
    throw refused(`cannot be read: ${messageOf(error)}`, error);
  }
  if (files === undefined) throw refused('does not exist');
  if (files.length === 0 && !mayBeEmpty)
    throw refused('is no .js, .cjs, .mjs, .ts, .cts or .mts file, nor a folder with one in it');
  return { shown, files };
}

/** `chat` of `/app/remote/chat.js`. */
export function withoutExtension(fileName: string): string {
  return fileName.replace(SOURCE, '');
}

export function isTypeScript(file: string): boolean {
  return file.endsWith('ts');
}

/** The absolute path of what a record gives. Throws {@link RpcCode.InvalidArgument}. */
export function resolveRemotePath(path: string | URL): string {
  if (typeof path === 'string' && !/^file:/i.test(path)) return resolve(nonEmptyString('path', path));
  try {
    return fileURLToPath(path);
  } catch (error) {
    // A number, undefined, an http: URL, a file: URL with a host or an encoded slash.
    throw invalid(`path must be a file's path or a file: URL, got ${messageOf(path)} (${messageOf(error)})`);
  }
}

/** Undefined where there is nothing at all. */
function look(path: string): string[] | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return isSource(path) ? [path] : [];
  const files = modulesAmong(readdirSync(path)).map((name) => join(path, name));
  return files.filter(mayBeFile);
}

/** Passes over dotfiles, declarations, tests, and TypeScript beside what it was compiled to. */
function modulesAmong(names: readonly string[]): string[] {
  const all = new Set(names);
  const isModule = (name: string) =>
    !name.startsWith('.') && isSource(name) && !TEST.test(name) && !(isTypeScript(name) && all.has(compiledName(name)));
  // Sorted by code units: the order of loading is then the same on every machine.
  return names.filter(isModule).sort();
}

export function isSource(name: string): boolean {
  return SOURCE.test(name) && !DECLARATION.test(name);
}

/** What a compiler writes beside its source: `.ts` -> `.js`, `.mts` -> `.mjs`, `.cts` -> `.cjs`. */
function compiledName(name: string): string {
  return name.replace(/ts$/, 'js');
}

/** False for a folder named `x.js`. A dangling link stays in, so that loading it fails and says so. */
function mayBeFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}
