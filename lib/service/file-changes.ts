import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { RpcCode, RpcError } from '../errors.js';
import type { Filled } from '../options.js';
import { loadFresh } from './load.js';
import type { ServicePath } from './options.js';
import { findRemoteFiles, resolveRemotePath } from './remote-files.js';
import type { LoadedModule } from './remote-module.js';

interface LoadedFile {
  readonly hash: string;
  /** Names of the file's modules in the registry. */
  readonly modules: readonly string[];
}

/** A path of remote modules, with the files that were loaded from the path. */
export class LoadedPath {
  readonly namespace: string;
  readonly path: string | URL;
  readonly callbacks: boolean;
  readonly #files = new Map<string, LoadedFile>();

  constructor({ namespace, path, callbacks }: Filled<ServicePath>) {
    this.namespace = namespace;
    this.path = path;
    this.callbacks = callbacks;
  }

  /** Files that were loaded. */
  get files(): string[] {
    return [...this.#files.keys()];
  }

  /** The modules of all files, each as `namespace.module`. */
  get moduleNames(): string[] {
    return [...this.#files.values()].flatMap(({ modules }) => modules.map((name) => `${this.namespace}.${name}`));
  }

  /** Hash of the contents that a file was loaded with; undefined for a file that was not loaded. */
  hashOf(file: string): string | undefined {
    return this.#files.get(file)?.hash;
  }

  modulesOf(file: string): readonly string[] {
    return this.#files.get(file)?.modules ?? [];
  }

  /** Keeps what a file was loaded with; modules of other files are passed over. */
  set(file: string, hash: string, modules: readonly LoadedModule[]): void {
    const names = modules.filter((module) => module.file === file).map(({ name }) => name);
    this.#files.set(file, { hash, modules: names });
  }

  delete(file: string): void {
    this.#files.delete(file);
  }
}

/** A file that differs from what was loaded. */
export interface FileChange {
  readonly source: LoadedPath;
  readonly file: string;
  /** Hash of the new contents. Undefined: the file was deleted. */
  readonly hash: string | undefined;
  readonly modules: readonly LoadedModule[];
}

/**
 * Loads the new and the changed files of a path, one after the other. `onFailed` is called for each file that cannot be
 * loaded, or once with the path where the path cannot be listed.
 */
export async function findChanges(
  source: LoadedPath,
  context: unknown,
  onFailed: (file: string, error: unknown) => void,
): Promise<FileChange[]> {
  let files: readonly string[];
  try {
    files = findRemoteFiles(source.path).files;
  } catch (error) {
    onFailed(resolveRemotePath(source.path), error);
    return [];
  }
  const deleted = source.files.filter((file) => !files.includes(file));
  const changes: FileChange[] = deleted.map((file) => ({ source, file, hash: undefined, modules: [] }));
  for (const file of files) {
    const hash = contentHash(file); // before loading: a write during the loading is another change
    if (hash === source.hashOf(file)) continue;
    try {
      const modules = await loadFresh(file, context);
      if (modules.length === 0 && source.modulesOf(file).length > 0)
        throw new RpcError(RpcCode.Load, `${file} exports nothing that can be called`);
      changes.push({ source, file, hash, modules });
    } catch (error) {
      onFailed(file, error);
    }
  }
  return changes;
}

/** Empty for a file that cannot be read: loading that file fails with the reason. */
export function contentHash(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64');
  } catch {
    return '';
  }
}
