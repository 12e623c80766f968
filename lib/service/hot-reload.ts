import { debug, describeError, type Logger } from '../diagnostics.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { contentHash, type FileChange, findChanges, LoadedPath } from './file-changes.js';
import { loadModules, logLeftOut, nothingToCall, unload } from './load.js';
import type { ResolvedServiceOptions } from './options.js';
import { PathWatcher } from './path-watcher.js';
import { findRemoteFiles, resolveRemotePath } from './remote-files.js';
import type { AddServicesOptions, ServiceRegistry } from './service-registry.js';
import { unreachableByProxy } from './unreachable.js';

/** Effects of a reload on the remote modules, each named `namespace.module`. */
export interface ReloadResult {
  /** Modules that were loaded again. New calls reach the new code; running calls end in the old. */
  readonly replaced: readonly string[];
  /** Modules that did not exist before. */
  readonly added: readonly string[];
  /** Modules whose file was deleted, or does not have them any more. */
  readonly removed: readonly string[];
  /** Modules that stay as they were: their file has not changed, or could not be loaded. */
  readonly kept: readonly string[];
  /** Files that could not be loaded. */
  readonly failed: readonly ReloadFailure[];
}

/** A file that could not be loaded during a reload. */
export interface ReloadFailure {
  /** Namespace of the path that the file belongs to. */
  readonly namespace: string;
  /** The file, or the whole path where the path cannot be read. */
  readonly file: string;
  /** The reason. */
  readonly error: Error;
}

/** `idle -> loading -> loaded`, each of them able to go straight to closed. */
const TRANSITIONS = {
  idle: ['loading', 'closed'],
  /** The modules are being loaded, and reloads wait. The paths are watched already, so that no change is missed. */
  loading: ['loaded', 'closed'],
  /** Reloads are possible. */
  loaded: ['closed'],
  /** Paths are not watched any more. A reload that is under way changes nothing. */
  closed: [],
} as const satisfies Transitions<'idle' | 'loading' | 'loaded' | 'closed'>;
export type HotReloadState = keyof typeof TRANSITIONS;

/**
 * Loads the services of a server into the registry, and reloads the modules whose files have changed.
 *
 * A reload works file by file. The old modules stay, the failure is logged, and each later reload tries again where a file
 * cannot be loaded, has nothing callable left, or takes the name of another file's module or method. All modules of a
 * path that is missing as a whole stay: such a path is being deployed. Source: pomelo-rpc and pinus-rpc, `gateway.js`
 * (`watchServices`, `manualReloadRemoters`), where the reload of one namespace could drop all others.
 */
export class HotReload {
  readonly #registry: ServiceRegistry;
  readonly #options: ResolvedServiceOptions;
  readonly #logger: Logger;
  readonly #onReload: (result: ReloadResult) => void;
  readonly #sources: readonly LoadedPath[];
  readonly #lifecycle = new Lifecycle<HotReloadState>('idle', TRANSITIONS, (to, from) => {
    debug.service('hot reload: %s -> %s', from, to);
    if (to === 'closed') this.#watcher?.close();
  });
  /** Belongs to `loading` and `loaded`, with the option `reloadRemotes`. */
  #watcher: PathWatcher | undefined;
  /** Ends when the loading and all reloads so far have ended: they run one after the other. Never rejects. */
  #queue: Promise<unknown> = Promise.resolve();

  /** `onReload` is called after each reload that changed a module or failed for a file. */
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
    this.#sources = options.paths.map((path) => new LoadedPath(path));
  }

  get state(): HotReloadState {
    return this.#lifecycle.state;
  }

  /**
   * Loads all modules, once. Rejects with {@link RpcCode.Load} or {@link RpcCode.InvalidArgument}, and closes then. Rejects
   * with {@link RpcCode.Closed} a second time, and after {@link close}.
   */
  load(): Promise<void> {
    if (!this.#lifecycle.move('loading'))
      return Promise.reject(
        new RpcError(RpcCode.Closed, `remote modules cannot be loaded: the server is ${this.state}`),
      );
    const loaded = this.#load();
    this.#queue = loaded.catch(() => this.close());
    return loaded;
  }

  /** Loads the files that have changed. Rejects with {@link RpcCode.Closed} before {@link load} and after {@link close}. */
  reload(): Promise<ReloadResult> {
    const reloaded = this.#queue.then(() => this.#reload());
    this.#queue = reloaded.catch(() => {});
    return reloaded;
  }

  close(): void {
    this.#lifecycle.move('closed');
  }

  async #load(): Promise<void> {
    const { services, context, callbacks, reloadRemotes } = this.#options;
    for (const [namespace, modules] of Object.entries(services)) {
      const given = Object.entries(modules).map(([name, instance]) => ({
        name,
        instance,
        file: 'the services option',
      }));
      this.#registry.add(namespace, given, this.#answering(callbacks));
    }
    if (reloadRemotes && this.#sources.length > 0) this.#watch(); // before the files are read, so that no change is missed
    for (const source of this.#sources) {
      const hashes = new Map(findRemoteFiles(source.path).files.map((file) => [file, contentHash(file)]));
      // A server in pomelo-rpc's form takes folders as pomelo does.
      const onNothing = callbacks ? logLeftOut(this.#logger) : undefined;
      const modules = await loadModules(source.path, context, this.#logger, onNothing);
      if (modules.length === 0) this.#logger.warn(nothingToCall(source.path));
      this.#registry.add(source.namespace, modules, this.#answering(source.callbacks));
      for (const [file, hash] of hashes) source.set(file, hash, modules);
    }
    this.#lifecycle.move('loaded');
    if (!this.#options.isCallbacksGiven) this.#nameCallbackMethods();
    const unreachable = unreachableByProxy(this.#registry.list());
    if (unreachable !== undefined) this.#logger.warn(unreachable);
  }

  #answering(callbacks: boolean): AddServicesOptions {
    return { callbacks, isChosen: this.#options.isCallbacksGiven };
  }

  /** Says which methods answer through a callback, since the source of a method decides that and no option. */
  #nameCallbackMethods(): void {
    const { callbackMethods } = this.#registry;
    if (callbackMethods.length > 0)
      this.#logger.warn(
        `mailstation: methods that take a callback, as their source shows, get one: ${callbackMethods.join(', ')}; the ` +
          'option callbacks: false changes nothing about them and leaves this line out, and callbacks: true gives every method one',
      );
  }

  #watch(): void {
    const paths = new Set(this.#sources.map(({ path }) => resolveRemotePath(path)));
    this.#watcher = new PathWatcher([...paths], {
      onChange: () => void this.reload().catch(() => {}), // rejects only after close()
      onError: (path, error) =>
        this.#logger.error(`mailstation: cannot watch ${path} for changes, and goes on trying: ${error.message}`),
    });
  }

  async #reload(): Promise<ReloadResult> {
    this.#requireLoaded();
    const changes: FileChange[] = [];
    const failed: ReloadFailure[] = [];
    for (const source of this.#sources) {
      const onFailed = (file: string, error: unknown): void => {
        failed.push({ namespace: source.namespace, file, error: toError(error) });
      };
      changes.push(...(await findChanges(source, this.#options.context, onFailed)));
    }
    this.#requireLoaded();
    const result = this.#apply(changes, failed);
    this.#report(result);
    return result;
  }

  #requireLoaded(): void {
    if (this.state === 'loaded') return;
    const why = this.state === 'idle' ? 'has not loaded them yet' : 'is closed';
    throw new RpcError(RpcCode.Closed, `remote modules cannot be reloaded: the server ${why}`);
  }

  /** Replaces all modules in one turn of the event loop, so that no call meets a half of the changes. */
  #apply(changes: readonly FileChange[], failed: ReloadFailure[]): ReloadResult {
    const before = new Set(this.#moduleNames());
    const loaded = new Set<string>();
    // A file may take a name that another file gives up, in either order: refused changes are tried again.
    for (let waiting = changes; waiting.length > 0; ) {
      const refused: { change: FileChange; error: unknown }[] = [];
      for (const change of waiting) {
        try {
          this.#replace(change);
          for (const { name } of change.modules) loaded.add(`${change.source.namespace}.${name}`);
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
    const after = this.#moduleNames();
    return {
      replaced: after.filter((name) => loaded.has(name) && before.has(name)),
      added: after.filter((name) => !before.has(name)),
      removed: [...before].filter((name) => !after.includes(name)),
      kept: after.filter((name) => !loaded.has(name)),
      failed,
    };
  }

  #replace({ source, file, hash, modules }: FileChange): void {
    this.#registry.replace(source.namespace, source.modulesOf(file), modules, this.#answering(source.callbacks));
    if (hash !== undefined) return source.set(file, hash, modules);
    source.delete(file);
    unload(file);
  }

  #report(result: ReloadResult): void {
    const { replaced, added, removed, failed } = result;
    for (const { file, error } of failed)
      this.#logger.error(
        `mailstation: ${file} was not reloaded, and its old modules stay in service: ${describeError(error)}`,
      );
    const changed = Object.entries({ replaced, added, removed })
      .filter(([, names]) => names.length > 0)
      .map(([how, names]) => `${how} ${names.join(', ')}`);
    if (changed.length > 0) this.#logger.info(`mailstation: reloaded remote modules: ${changed.join('; ')}`);
    if (changed.length > 0 || failed.length > 0) this.#onReload(result);
  }

  #moduleNames(): string[] {
    return this.#sources.flatMap(({ moduleNames }) => moduleNames);
  }
}
