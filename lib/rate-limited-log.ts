import { outsideContexts } from './async-context.js';
import type { Logger } from './diagnostics.js';
import { clearTimeout, setTimeout } from './timers.js';

/** Pause between two lines. ms */
const PAUSE_MS = 1_000;
/** Subjects that are told apart. Lines of further ones share one allowance. */
const MAX_SUBJECTS = 1_000;

type Level = 'warn' | 'error';

/** A line, or a function that makes the line where the line is written: most lines of a flood are not. */
export type Line = string | (() => string);

interface Subject {
  leftOut: number;
  /** Latest line that was left out, which is the next one to be written. */
  latest: Line;
  level: Level;
}

/**
 * Limits log lines that peers can cause at any rate. At most one line a second is written on each subject, and each line says
 * how many others were left out before it.
 */
export class RateLimitedLog {
  readonly #logger: Logger;
  readonly #subjects = new Map<string, Subject>();
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  warn(line: Line, subject = ''): void {
    this.#write('warn', line, subject);
  }

  /** `subject`: lines of one subject do not hold back the lines of another. No text that a peer chooses. */
  error(line: Line, subject = ''): void {
    this.#write('error', line, subject);
  }

  /** Writes the latest line of each subject that was left out, at once. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const subject of this.#subjects.values()) this.#writeLatest(subject);
    this.#subjects.clear();
  }

  #write(level: Level, line: Line, name: string): void {
    const isKnown = this.#subjects.has(name) || this.#subjects.size < MAX_SUBJECTS;
    const key = isKnown ? name : '';
    const subject = this.#subjects.get(key);
    if (subject !== undefined) {
      subject.leftOut += 1;
      subject.latest = line;
      subject.level = level;
      return;
    }
    this.#subjects.set(key, { leftOut: 0, latest: '', level });
    this.#timer ??= this.#pause();
    this.#logger[level](textOf(line));
  }

  /** A subject on which nothing was left out is forgotten. */
  #next(): void {
    this.#timer = undefined;
    for (const [name, subject] of this.#subjects) {
      if (subject.leftOut === 0) this.#subjects.delete(name);
      else this.#writeLatest(subject);
    }
    if (this.#subjects.size > 0) this.#timer = this.#pause();
  }

  #pause(): NodeJS.Timeout {
    return outsideContexts(() => setTimeout(() => this.#next(), PAUSE_MS).unref());
  }

  #writeLatest(subject: Subject): void {
    const { leftOut, latest, level } = subject;
    if (leftOut === 0) return;
    subject.leftOut = 0;
    subject.latest = '';
    const text = textOf(latest);
    this.#logger[level](leftOut === 1 ? text : `${text} (and ${leftOut - 1} more like it, left out)`);
  }
}

/** A logger whose warnings and errors are limited, each by its beginning, which names the part of the package and a method. */
export function rateLimited(logger: Logger): Logger {
  const log = new RateLimitedLog(logger);
  return {
    info: (line) => logger.info(line),
    warn: (line) => log.warn(line, line.slice(0, SUBJECT_LENGTH)),
    error: (line) => log.error(line, line.slice(0, SUBJECT_LENGTH)),
  };
}

/** Characters */
const SUBJECT_LENGTH = 100;

function textOf(line: Line): string {
  return typeof line === 'string' ? line : line();
}
