import { type ActiveResources, activeResources, grownSince } from '../support/leaks.js';
import type { ViolationKind } from './checker.js';
import { HistoryFile, type HistoryRecord } from './history.js';

/** What the processes of a chaos run have in common: their history file, a clock that jumps, and their end. */

/** What a peer does wrong on purpose, and what the checker says of it: to see the whole chain catch it. */
export const BUGS = {
  'execute twice': 'executed twice',
  'execute for nobody': 'executed by nobody',
  'answer another': 'wrong answer',
  'answer unexecuted': 'not executed though answered',
  reorder: 'out of order',
  'settle twice': 'settled twice',
  'never settle': 'never settled',
  'settle late': 'settled late',
  'time out early': 'timed out early',
  'hide the code': 'error without a code',
  'deny delivery': 'executed though not sent',
  'leave a timer': 'left over',
  'lose an item': 'item lost',
  'double an item': 'item doubled',
  'reorder items': 'items reordered',
  'forget a generator': 'generator not finished',
  'finish a generator twice': 'generator finished twice',
} as const satisfies Record<string, ViolationKind>;
export type Bug = keyof typeof BUGS;

/** Of so many executions or answers one is wrong, for each of the bugs. */
export const BUG_EVERY = 20;

const realNow = Date.now;
let clockOffsetMs = 0;

/** The wall clock of this process jumps, as it does when somebody sets it. Nothing of ours may care. */
export function jumpClock(offsetMs: number): void {
  clockOffsetMs = offsetMs;
  Date.now = () => realNow() + clockOffsetMs;
}

/** After its own clean-up a process has what it had at first. What closes only takes a moment, ms. */
const CLOSING_MS = 1_500;
/** And it ends by itself, ms. */
const ENDING_MS = 3_000;

export class Peer {
  readonly history: HistoryFile;
  readonly #name: string;
  readonly #before: ActiveResources;
  /** It leaves something on purpose, and nobody needs to wait for it. */
  readonly #isHasty: boolean;

  /** To be made before anything is opened. */
  constructor(name: string, path: string, bugs: readonly Bug[]) {
    this.#name = name;
    this.#isHasty = bugs.includes('leave a timer');
    this.history = new HistoryFile(path);
    this.#before = activeResources();
  }

  /** Writes down what is left open, says that it is over, and lets the process end by itself. */
  async end(): Promise<void> {
    const startedAt = performance.now();
    let left = grownSince(this.#before);
    while (left !== '' && !this.#isHasty && performance.now() - startedAt < CLOSING_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      left = grownSince(this.#before);
    }
    if (left !== '') this.#left(left);
    this.history.write({ type: 'over', who: this.#name });
    process.send?.({ type: 'over' });
    process.disconnect();
    // Once more, after what an unref'd timer could not show: a process that does not end has something left.
    setTimeout(
      () => {
        this.#left('the process does not end');
        process.exit();
      },
      this.#isHasty ? 0 : ENDING_MS,
    ).unref();
  }

  #left(what: string): void {
    this.history.write({ type: 'left', who: this.#name, what } satisfies HistoryRecord);
  }
}
