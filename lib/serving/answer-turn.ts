import { inThisContext } from '../async-context.js';
import { performance, setImmediate } from '../timers.js';

/** Bytes of answers after which the clock is read. The encoding of so many takes about a millisecond. */
const BYTES_PER_READING = 128 * 1024;
/** Time for which answers may be encoded before sockets are read again. Unit: ms */
const TURN_MS = 10;

/** A caller whose answers may have to wait. */
export interface AnswerReceiver {
  /** Called when the first of the answers waits. */
  onAnswersWait?(): void;
  /** Called when no answer waits any more. */
  onAnswersLeft?(): void;
}

/**
 * Bounds the time for which one turn of the event loop encodes answers. Thousands of methods that wait for the same event may
 * answer at once, each with a large result. When the time of a turn is over, further answers wait for the next turns, and
 * their callers take turns.
 *
 * The turn belongs to the process, as its event loop does. Small answers cost an addition and a comparison each.
 */
export class AnswerTurn {
  /** True when the turn's time is over: an answer should {@link wait}. */
  isOver = false;
  readonly #now: () => number;
  #bytes = 0;
  #began = 0;
  #immediate: NodeJS.Immediate | undefined;
  /** Waiting answers of each caller. The caller whose turn comes first is the first. */
  readonly #waiting = new Map<AnswerReceiver, Set<() => void>>();

  /** `now`: a clock. Unit: ms */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
  }

  /** Notes that so many bytes of an answer were encoded. */
  encoded(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= BYTES_PER_READING) this.readClock();
  }

  /** Looks whether the time is over. Called where the bytes of an answer do not show how much work the answer was. */
  readClock(): void {
    this.#bytes = 0;
    const now = this.#now();
    if (this.#immediate === undefined) this.#begin(now);
    else if (now - this.#began >= TURN_MS) this.isOver = true;
  }

  /** Runs `answer` in a later turn, in the async context of now. The answers of one caller keep their order. */
  wait(caller: AnswerReceiver, answer: () => void): void {
    const answers = this.#waiting.get(caller);
    if (answers !== undefined) {
      answers.add(inThisContext(answer));
      return;
    }
    this.#waiting.set(caller, new Set([inThisContext(answer)]));
    caller.onAnswersWait?.();
  }

  #begin(now: number): void {
    this.#began = now;
    this.#immediate = setImmediate(this.#onNextTurn);
  }

  readonly #onNextTurn = (): void => {
    this.#immediate = undefined;
    this.#bytes = 0;
    this.isOver = false;
    if (this.#waiting.size === 0) return;
    this.#begin(this.#now()); // first, so that the turn after this one comes whatever an answer does
    for (const [caller, answers] of this.#waiting) {
      const [answer] = answers;
      if (answer !== undefined) answers.delete(answer);
      this.#waiting.delete(caller);
      if (answers.size > 0) this.#waiting.set(caller, answers);
      answer?.();
      if (answers.size === 0) caller.onAnswersLeft?.();
      if (this.#now() - this.#began < TURN_MS) continue;
      this.isOver = true;
      return;
    }
  };
}

export const answerTurn = new AnswerTurn();
