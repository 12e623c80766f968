import {
  type ArgumentIssue,
  MAX_ISSUE_MESSAGE,
  MAX_ISSUES,
  MAX_ISSUES_LENGTH,
  MAX_KEY_LENGTH,
  MAX_PATH_KEYS,
  pathText,
} from '../argument-issue.js';
import { printable } from '../quoted.js';
import { isObject } from './functions.js';

/** Issues that a text shows. */
const SHOWN_ISSUES = 3;
const NO_TEXT = 'the value does not fit the schema';

/**
 * Issues of one list of values, within the bounds of {@link ArgumentIssue}. Only path and text of an issue are read: the issues of
 * some libraries have the whole input as well.
 */
export class IssueList {
  readonly issues: ArgumentIssue[] = [];
  #count = 0;
  #room = MAX_ISSUES_LENGTH;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /**
   * Takes the issues of one schema. `start`: index of the value that was checked; undefined where the schema checks the
   * whole list, whose paths have the index already. Throws where the issues are not those of a Standard Schema.
   */
  take(issues: unknown, start: number | undefined): void {
    if (!Array.isArray(issues)) throw new TypeError('the issues of the schema are not an array');
    if (issues.length === 0) this.add(start === undefined ? [] : [start], NO_TEXT);
    this.#count += Math.max(0, issues.length - MAX_ISSUES);
    for (const issue of firstOf(issues, MAX_ISSUES)) {
      if (!isObject(issue)) throw new TypeError('an issue of the schema is not an object');
      const { path, message } = issue as { path?: unknown; message?: unknown };
      this.add(pathOf(path, start), typeof message === 'string' && message !== '' ? message : NO_TEXT);
    }
  }

  add(path: ArgumentIssue['path'], text: string): void {
    this.#count += 1;
    const message = cut(text, MAX_ISSUE_MESSAGE);
    const length = path.reduce<number>((sum, key) => sum + String(key).length, message.length);
    if (this.issues.length >= MAX_ISSUES || length > this.#room) return;
    this.#room -= length;
    this.issues.push({ path, message });
  }

  /** The first issues, and the number of the others. */
  toString(): string {
    const shown = this.issues.slice(0, SHOWN_ISSUES).map(({ path, message }) => {
      const where = pathText(path);
      return printable(where === '' ? message : `${where}: ${message}`);
    });
    const more = this.#count - shown.length;
    return shown.join('; ') + (more > 0 ? ` (and ${more} more)` : '');
  }
}

/** A path has keys, or objects with keys, as valibot has them. A whole-list schema may name an index as a text. */
function pathOf(path: unknown, start: number | undefined): (string | number)[] {
  const begin = start === undefined ? [] : [start];
  if (path === undefined) return begin;
  if (!Array.isArray(path)) throw new TypeError('the path of an issue is not an array');
  const keys = firstOf(path, MAX_PATH_KEYS - begin.length).map((part: unknown) => {
    const key = isObject(part) ? (part as { key?: unknown }).key : part;
    return typeof key === 'number' && Number.isFinite(key) ? key : cut(String(key), MAX_KEY_LENGTH);
  });
  const [first] = keys;
  if (start === undefined && typeof first === 'string' && /^\d{1,9}$/.test(first)) keys[0] = Number(first);
  return [...begin, ...keys];
}

/** The beginning of a list as a plain array: `map` of an empty path of ArkType, which is of a subclass, gives `[0]`. */
function firstOf(list: readonly unknown[], count: number): unknown[] {
  return Array.from({ length: Math.min(list.length, count) }, (_, at) => list[at]);
}

/** A text whose half of a surrogate pair at the end, which no codec carries, is left out. */
function cut(text: string, length: number): string {
  return (text.length <= length ? text : `${text.slice(0, length - 3)}...`).toWellFormed();
}
