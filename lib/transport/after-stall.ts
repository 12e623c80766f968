import { eventLoop } from '../event-loop.js';
import { clearImmediate, performance, setImmediate } from '../timers.js';

/** Delay of a timer that counts as a stall of the event loop. Unit: ms */
const LATE_MS = 1;
/** Time after which a deadline counts although bytes still arrive. Unit: ms */
const MAX_GRACE_MS = 100;

let chunks = 0;

/** Notes that a connection of this process has read bytes. */
export function bytesRead(): void {
  chunks += 1;
}

/**
 * Runs the work of a deadline. After a stall of this process's own event loop the deadline's answer may lie unread in a
 * socket, since timers run before sockets are read. The work then waits for turns of I/O: until one of them has read nothing,
 * and for {@link MAX_GRACE_MS} at most.
 */
export class AfterStall {
  readonly #work: () => void;
  readonly #holdsProcess: boolean;
  #immediate: NodeJS.Immediate | undefined;
  #chunks = 0;
  #since = 0;

  /** With `holdsProcess` the process stays alive until the work was done. */
  constructor(work: () => void, holdsProcess = true) {
    this.#work = work;
    this.#holdsProcess = holdsProcess;
  }

  /** Does the work now, or after the I/O of a stall. `dueAt`: time for which the timer was set. Unit: ms */
  run(dueAt: number): void {
    const now = performance.now();
    if (now - dueAt <= LATE_MS && eventLoop.justBlocked(now) === 0) return this.#work();
    this.#since = now;
    this.#wait();
  }

  cancel(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  #wait(): void {
    clearImmediate(this.#immediate);
    this.#chunks = chunks;
    this.#immediate = setImmediate(this.#turnEnded);
    if (!this.#holdsProcess) this.#immediate.unref();
  }

  readonly #turnEnded = (): void => {
    this.#immediate = undefined;
    if (chunks !== this.#chunks && performance.now() - this.#since < MAX_GRACE_MS) this.#wait();
    else this.#work();
  };
}
