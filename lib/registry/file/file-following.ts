import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { outsideContexts } from '../../async-context.js';
import { messageOf, RpcCode, RpcError } from '../../errors.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import type { RosterFollower, RosterFollowing } from '../roster-source.js';
import { parseRoster } from './roster-text.js';

/** Time without events before the file is read: a program that writes a file causes several events. Unit: ms */
const QUIET_MS = 50;
/** Pause between two readings without an event: network file systems report no changes. Unit: ms */
const POLL_MS = 2_000;

/** Reads a file again whenever it may have changed, and hands the list of servers in it to the follower. */
export class FileFollowing implements RosterFollowing {
  readonly #path: string;
  readonly #follower: RosterFollower;
  /** Text of the last list that the follower has taken; undefined before, and while the file is broken. */
  #text: string | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  /** An event has come, and the reading after it has not begun. */
  #isSoon = false;
  /** The file may have changed since the reading began. */
  #isStale = false;
  #isClosed = false;

  constructor(path: string, follower: RosterFollower) {
    this.#path = path;
    this.#follower = follower;
    outsideContexts(() => void this.#read());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  async #read(): Promise<void> {
    if (this.#isClosed) return;
    this.#isSoon = false;
    this.#isStale = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#watch(); // before the reading, so that no change is missed in between
    try {
      this.#take(await readFile(this.#path, 'utf8'));
    } catch (error) {
      this.#text = undefined;
      const reason = new RpcError(RpcCode.Registry, messageOf(error), { cause: error });
      if (!this.#isClosed) this.#follower.onFailure(reason, true);
    }
    this.#isReading = false;
    this.#readIn(this.#isStale || this.#isSoon ? QUIET_MS : POLL_MS);
  }

  #take(text: string): void {
    if (this.#isClosed || text === this.#text) return;
    this.#follower.onList({ servers: parseRoster(text) });
    this.#text = text;
  }

  /** Events that follow do not put the reading off: a folder of logs has events all the time. */
  #readSoon(): void {
    if (!this.#isSoon) this.#readIn(QUIET_MS);
    this.#isSoon = true;
  }

  #readIn(ms: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), ms).unref();
  }

  /**
   * Watches the folder: a watcher of the file itself would follow a file that was replaced, as editors, `mv` and Kubernetes replace
   * it. A folder that cannot be watched is left to the polling.
   */
  #watch(): void {
    if (this.#watcher !== undefined) return;
    const lose = (): void => {
      this.#watcher?.close();
      this.#watcher = undefined;
    };
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, () => this.#readSoon());
      this.#watcher.on('error', lose); // the folder was deleted, on Windows
    } catch {
      this.#watcher = undefined;
    }
  }
}
