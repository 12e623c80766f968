import { COLLECTIONS } from '../apply.js';
import type { Delta, State } from '../snapshot.js';

type Entries = Readonly<Record<string, unknown>>;

/** The parts of a delta that differ between two states. */
export function difference(before: State, now: State): Pick<Delta, 'set' | 'gone'> {
  const set: Record<string, Entries> = {};
  const gone: Record<string, readonly string[]> = {};
  for (const name of COLLECTIONS) {
    const [old, fresh]: Entries[] = [before[name], now[name]];
    if (old === undefined || fresh === undefined) continue;
    const changed = Object.entries(fresh).filter(([key, entry]) => !isEqual(old[key], entry));
    const missing = Object.keys(old).filter((key) => !(key in fresh));
    if (changed.length > 0) set[name] = Object.fromEntries(changed);
    if (missing.length > 0) gone[name] = missing;
  }
  return { set, gone };
}

/** Entries are plain data, made with the same order of fields each time. An entry that did not change is often the same object. */
function isEqual(one: unknown, other: unknown): boolean {
  return one === other || (one !== undefined && JSON.stringify(one) === JSON.stringify(other));
}
