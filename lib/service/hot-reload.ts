import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describeError, type Logger } from '../diagnostics.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { loadAfresh, loadModules } from './load.js';
import type { ResolvedServiceOptions, ServicePath } from './options.js';
import { PathWatcher } from './path-watcher.js';
import { findRemoteFiles, resolveRemotePath } from './remote-files.js';
import type { LoadedModule } from './remote-module.js';
import type { ServiceRegistry } from './service-registry.js';

/** What became of the remote modules, each as `namespace.module`, when their paths were looked through again. */
export interface ReloadResult {
  /** Calls reach the new code. Those that were running end in the old. */
  readonly replaced: readonly string[];
  /** There was none of that name. */
  readonly added: readonly string[];
  /** Its file was deleted, or has it no more. */
  readonly removed: readonly string[];
  /** As it was: its file has not changed, or is among those that failed. */
  readonly kept: readonly string[];
  readonly failed: readonly ReloadFailure[];
}

export interface ReloadFailure {
  readonly namespace: string;
  /** The file, or the whole path where that cannot be looked through. */
  readonly file: string;
  readonly error: Error;
}

interface LoadedFile {
  /** Of its contents; empty where it could not be read. */
  readonly stamp: string;
  /** The names of its modules in the registry. */
  readonly modules: readonly string[];
}

interface Source extends Required<ServicePath> {
  readonly files: Map<string, LoadedFile>;
}

/** A file that is not as it was loaded. */
interface Change {
  readonly source: Source;
  readonly file: string;
  /** Undefined: deleted. */
  readonly stamp: string | undefined;
  readonly modules: readonly LoadedModule[];
}

/**
 * The services of a server: puts them into the registry, and keeps them there in step with their files.
 *
 * A reload works file by file. One that no longer loads, has nothing callable left, or would take the name of another's
 * module or method keeps what it had, is logged, and is tried again by every later reload. A path that is gone as a
 * whole keeps everything: that is a deployment under way. Source: pomelo-rpc and pinus-rpc, `gateway.js`
 * (`watchServices`, `manualReloadRemoters`), where the reload of one namespace could drop all others.
 */
export class HotReload {
  readonly #registry: ServiceRegistry;
  readonly #options: ResolvedServiceOptions;
  readonly #logger: Logger;
  readonly #onReload: (result: ReloadResult) => void;
  readonly #sources: readonly Source[];
  #state: 'idle' | 'loaded' | 'closed' = 'idle';
  #watcher: PathWatcher | undefined;
  /** Loading and reloads, one after the other; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  /** `onReload` is told of every reload that changed something or failed somewhere. */
  constructor(
    registry: ServiceRegistry,
    options: ResolvedServiceOptions,
    logger: Logger,
    onReload: (result: ReloadResult) => void,
  ) {
    this.#registry = registry;
    this.#options = options;
    this.#logger = logger;
    this.#onReload = onReload;
    this.#sources = options.paths.map((path) => ({ ...path, files: new Map() }));
  }

  /** Once. Rejects with {@link RpcCode.Load} or {@link RpcCode.InvalidArgument}. */
  load(): Promise<void> {
    const loaded = this.#load();
    this.#last = loaded.catch(() => this.close());
    return loaded;
  }

  /** Loads what has changed since. Rejects with {@link RpcCode.Closed} before the loading and after the closing. */
  reload(): Promise<ReloadResult> {
    const reloaded = this.#last.then(() => this.#reload());
    this.#last = reloaded.catch(() => {});
    return reloaded;
  }

  close(): void {
    this.#state = 'closed';
    this.#watcher?.close();
  }

  async #load(): Promise<void> {
    const { services, context, callbacks, reloadRemotes } = this.#options;
    for (const [namespace, modules] of Object.entries(services)) {
      const given = Object.entries(modules).map(([name, instance]) => ({
        name,
        instance,
        file: 'the services option',
      }));
      this.#registry.add(namespace, given, { callbacks });
    }
    if (reloadRemotes && this.#sources.length > 0) this.#watch(); // before the files are read, so as to miss nothing
    for (const source of this.#sources) {
      const stamps = new Map(findRemoteFiles(source.path).files.map((file) => [file, stampOf(file)]));
      const modules = await loadModules(source.path, context);
      this.#registry.add(source.namespace, modules, source);
      for (const [file, stamp] of stamps) source.files.set(file, { stamp, modules: namesOf(modules, file) });
    }
    if (this.#state === 'idle') this.#state = 'loaded';
  }

  #watch(): void {
    const paths = new Set(this.#sources.map(({ path }) => resolveRemotePath(path)));
    this.#watcher = new PathWatcher([...paths], {
      onChange: () => void this.reload().catch(() => {}), // it rejects only when the server stops
      onError: (path, error) =>
        this.#logger.error(`mailstation: ${path} cannot be watched, and is tried again: ${error.message}`),
    });
  }

  async #reload(): Promise<ReloadResult> {
    this.#checkLoaded();
    const changes: Change[] = [];
    const failed: ReloadFailure[] = [];
    for (const source of this.#sources) await this.#findChanges(source, changes, failed);
    this.#checkLoaded();
    const result = this.#apply(changes, failed);
    const { replaced, added, removed } = result;
    for (const { file, error } of failed)
      this.#logger.error(`mailstation: ${file} was not reloaded, what it gave before stays: ${describeError(error)}`);
    const what = Object.entries({ replaced, added, removed })
      .filter(([, names]) => names.length > 0)
      .map(([how, names]) => `${how} ${names.join(', ')}`);
    if (what.length > 0) this.#logger.info(`mailstation: reloaded remote modules: ${what.join('; ')}`);
    if (what.length > 0 || failed.length > 0) this.#onReload(result);
    return result;
  }

  #checkLoaded(): void {
    if (this.#state === 'loaded') return;
    const why = this.#state === 'idle' ? 'has not loaded them yet' : 'is closed';
    throw new RpcError(RpcCode.Closed, `remote modules cannot be reloaded: the server ${why}`);
  }

  /** Loads the new and the changed files, one after the other. */
  async #findChanges(source: Source, changes: Change[], failed: ReloadFailure[]): Promise<void> {
    const fail = (file: string, error: unknown) =>
      failed.push({ namespace: source.namespace, file, error: toError(error) });
    let files: readonly string[];
    try {
      files = findRemoteFiles(source.path, { mayBeEmpty: true }).files;
    } catch (error) {
      fail(resolveRemotePath(source.path), error);
      return;
    }
    for (const file of source.files.keys()) {
      if (!files.includes(file)) changes.push({ source, file, stamp: undefined, modules: [] });
    }
    for (const file of files) {
      const known = source.files.get(file);
      const stamp = stampOf(file); // before it is loaded: what is written meanwhile is a change to it
      if (known !== undefined && known.stamp === stamp) continue;
      try {
        const modules = await loadAfresh(file, this.#options.context);
        if (modules.length === 0 && (known?.modules.length ?? 0) > 0)
          throw new RpcError(RpcCode.Load, `${file} exports nothing that can be called`);
        changes.push({ source, file, stamp, modules });
      } catch (error) {
        fail(file, error);
      }
    }
  }

  /** Without a pause, so that no call sees a part of it. */
  #apply(changes: readonly Change[], failed: ReloadFailure[]): ReloadResult {
    const before = new Set(this.#names());
    const put = new Set<string>();
    // One file may take the name that another gives up, whichever of them comes first.
    for (let waiting = changes; waiting.length > 0; ) {
      const refused: { change: Change; error: unknown }[] = [];
      for (const change of waiting) {
        try {
          this.#put(change);
          for (const { name } of change.modules) put.add(`${change.source.namespace}.${name}`);
        } catch (error) {
          refused.push({ change, error });
        }
      }
      if (refused.length === waiting.length) {
        for (const { change, error } of refused)
          failed.push({ namespace: change.source.namespace, file: change.file, error: toError(error) });
        break;
      }
      waiting = refused.map(({ change }) => change);
    }
    const after = this.#names();
    return {
      replaced: after.filter((name) => put.has(name) && before.has(name)),
      added: after.filter((name) => !before.has(name)),
      removed: [...before].filter((name) => !after.includes(name)),
      kept: after.filter((name) => !put.has(name)),
      failed,
    };
  }

  #put({ source, file, stamp, modules }: Change): void {
    this.#registry.replace(source.namespace, source.files.get(file)?.modules ?? [], modules, source);
    if (stamp === undefined) source.files.delete(file);
    else source.files.set(file, { stamp, modules: namesOf(modules, file) });
  }

  /** Of the modules that came from files. */
  #names(): string[] {
    return this.#sources.flatMap(({ namespace, files }) =>
      [...files.values()].flatMap(({ modules }) => modules.map((name) => `${namespace}.${name}`)),
    );
  }
}

function namesOf(modules: readonly LoadedModule[], file: string): string[] {
  return modules.filter((module) => module.file === file).map(({ name }) => name);
}

function stampOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64');
  } catch {
    return ''; // whoever loads it learns why
  }
}
