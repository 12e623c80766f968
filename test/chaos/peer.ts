import { type ActiveResources, activeResources, grownSince } from '../support/leaks.js';
import { HistoryFile, type HistoryRecord } from './history.js';

/** What the processes of a chaos run have in common: their history file, a clock that jumps, and their end. */

/** What a peer does wrong on purpose, one time in {@link BUG_EVERY}, to see the whole chain catch it. */
export type Bug =
  | 'execute twice'
  | 'execute for nobody'
  | 'answer another'
  | 'reorder'
  | 'answer unexecuted'
  | 'settle twice'
  | 'never settle'
  | 'settle late'
  | 'hide the code'
  | 'deny delivery'
  | 'leave a timer';

export const BUG_EVERY = 20;

const realNow = Date.now;
let clockOffsetMs = 0;

/** The wall clock of this process jumps, as it does when somebody sets it. Nothing of ours may care. */
export function jumpClock(offsetMs: number): void {
  clockOffsetMs = offsetMs;
  Date.now = () => realNow() + clockOffsetMs;
}

/** After its own clean-up a process has what it had at first. What closes only takes a moment. */
const LEAK_GRACE_MS = 1_500;

export class Peer {
  readonly history: HistoryFile;
  readonly #name: string;
  readonly #before: ActiveResources;

  /** To be made before anything is opened. */
  constructor(name: string, path: string) {
    this.#name = name;
    this.history = new HistoryFile(path);
    this.#before = activeResources();
  }

  /** Writes down what is left open, says that it is over, and lets the process end by itself. */
  async end(): Promise<void> {
    const startedAt = performance.now();
    let left = grownSince(this.#before);
    while (left !== '' && performance.now() - startedAt < LEAK_GRACE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      left = grownSince(this.#before);
    }
    if (left !== '') this.#left(left);
    process.send?.({ type: 'over' });
    process.disconnect();
    // Once more, after what an unref'd timer could not show: a process that does not end has something left.
    setTimeout(() => {
      this.#left('the process does not end');
      process.exit();
    }, 3_000).unref();
  }

  #left(what: string): void {
    this.history.write({ type: 'left', who: this.#name, what } satisfies HistoryRecord);
  }
}
