import { type FSWatcher, watch as watchFile } from 'node:fs';
import { outsideContexts } from '../async-context.js';
import { toError } from '../errors.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { isSource } from './remote-files.js';

/** Time without events before a change is reported: editors write a file twice, and tools write many files. Unit: ms. */
const QUIET_MS = 100;
/** Time until a path that could not be watched is tried again. Unit: ms. */
const RETRY_MS = 500;

export interface PathWatcherHandler {
  /** Called when something in the paths may have changed, and nothing more has for {@link QUIET_MS}. */
  onChange(): void;
  /** Called once for a path that cannot be watched, and again after the path could be watched. The path is tried again. */
  onError(path: string, error: Error): void;
}

/** The part of `fs.watch` that is used here. */
export type Watch = (
  path: string,
  options: { persistent: false },
  listener: (event: string, name: string | null) => void,
) => Pick<FSWatcher, 'on' | 'close'>;

/**
 * Watches folders and files, also while they are replaced or missing for a while. The watching does not keep the process
 * alive.
 */
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
      const watcher = outsideContexts(() =>
        this.#watch(path, { persistent: false }, (event, name) => {
          // Log and swap files in the folder are passed over. A rename may concern the path itself.
          if (event === 'rename' || name === null || isSource(name)) this.#onEvent();
        }),
      );
      watcher.on('error', () => this.#onEvent()); // on Windows, when the folder is deleted
      this.#watchers.set(path, watcher);
      this.#reported.delete(path);
    } catch (error) {
      if (!this.#reported.has(path)) this.#handler.onError(path, toError(error));
      this.#reported.add(path);
      this.#retry ??= setTimeout(() => this.#reopen(), RETRY_MS).unref();
    }
  }

  #onEvent(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#onQuiet(), QUIET_MS).unref();
  }

  #onQuiet(): void {
    // A watcher follows the file that had the name when the watcher was opened, and editors and deployments replace that
    // file. Watchers are opened before files are read, so that no change is missed in between.
    for (const [path, watcher] of [...this.#watchers]) {
      watcher.close();
      this.#watchers.delete(path);
      this.#open(path);
    }
    this.#handler.onChange();
  }

  /** Reports a change for a path that is back: the path may have changed while it was missing. */
  #reopen(): void {
    this.#retry = undefined;
    for (const path of this.#paths) {
      if (this.#watchers.has(path)) continue;
      this.#open(path);
      if (this.#watchers.has(path)) this.#onEvent();
    }
  }
}
