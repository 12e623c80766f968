import { type FSWatcher, watch as watchFile } from 'node:fs';
import { toError } from '../errors.js';
import { isSource } from './remote-files.js';

/** Editors write a file twice, and tools write many: how long it must be quiet before that is told. */
const QUIET_MS = 100;
/** How soon a path that cannot be watched is looked for again. */
const RETRY_MS = 500;

export interface PathWatcherHandler {
  /** Something in the paths may have changed, and nothing has for {@link QUIET_MS} since. */
  onChange(): void;
  /** A path cannot be watched; it is tried again. Told once, until it can be watched again. */
  onError(path: string, error: Error): void;
}

/** `fs.watch`, as far as it is used here. */
export type Watch = (
  path: string,
  options: { persistent: false },
  listener: (event: string, name: string | null) => void,
) => Pick<FSWatcher, 'on' | 'close'>;

/** Watches folders and files, also through their being replaced or away for a while. Does not hold the process. */
export class PathWatcher {
  readonly #paths: readonly string[];
  readonly #handler: PathWatcherHandler;
  readonly #watch: Watch;
  readonly #watchers = new Map<string, ReturnType<Watch>>();
  readonly #reported = new Set<string>();
  #quiet: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(paths: readonly string[], handler: PathWatcherHandler, watch: Watch = watchFile) {
    this.#paths = paths;
    this.#handler = handler;
    this.#watch = watch;
    for (const path of paths) this.#open(path);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#retry);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #open(path: string): void {
    try {
      const watcher = this.#watch(path, { persistent: false }, (event, name) => {
        // A log or a swap file in the folder is none of ours. A renaming may be that of the path itself.
        if (event === 'rename' || name === null || isSource(name)) this.#onSign();
      });
      watcher.on('error', () => this.#onSign()); // Windows, when the folder is deleted
      this.#watchers.set(path, watcher);
      this.#reported.delete(path);
    } catch (error) {
      if (!this.#reported.has(path)) this.#handler.onError(path, toError(error));
      this.#reported.add(path);
      this.#retry ??= setTimeout(() => this.#reopen(), RETRY_MS).unref();
    }
  }

  #onSign(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#onQuiet(), QUIET_MS).unref();
  }

  #onQuiet(): void {
    // What is watched is the file that had the name when it was opened: editors and deployments put another in its
    // place. Opened before anything is read, so that nothing is missed between the two.
    for (const [path, watcher] of [...this.#watchers]) {
      watcher.close();
      this.#watchers.delete(path);
      this.#open(path);
    }
    this.#handler.onChange();
  }

  /** What came back may have changed while it was away. */
  #reopen(): void {
    this.#retry = undefined;
    for (const path of this.#paths) {
      if (this.#watchers.has(path)) continue;
      this.#open(path);
      if (this.#watchers.has(path)) this.#onSign();
    }
  }
}
