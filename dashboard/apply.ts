import type { CollectionName, Delta, Snapshot, State } from './snapshot.js';

/** Names of the collections of a state, in no order that matters. */
export const COLLECTIONS = [
  ...(['machines', 'processes', 'servers', 'figures', 'methods', 'serverMethods'] as const),
  ...(['clients', 'links', 'sources', 'errors', 'slow', 'events'] as const),
] satisfies readonly CollectionName[];

type Entries = Readonly<Record<string, unknown>>;

/**
 * The snapshot after the delta: a new object, which has the collections without a change in common with the old one. Used by the page, and by
 * the server of the dashboard for its recording.
 * @throws {RangeError} where the delta does not follow the snapshot; a new snapshot is needed then
 */
export function applied(snapshot: Snapshot, delta: Delta): Snapshot {
  if (delta.seq !== snapshot.seq + 1) throw new RangeError(`delta ${delta.seq} does not follow state ${snapshot.seq}`);
  const state: Record<string, Entries> = { ...snapshot.state };
  for (const name of COLLECTIONS) {
    const set: Entries | undefined = delta.set[name];
    const gone = delta.gone[name];
    if (set === undefined && gone === undefined) continue;
    state[name] = changed(state[name] ?? {}, set ?? {}, gone ?? []);
  }
  const { seq, time, totals, about = snapshot.about } = delta;
  // By name: each collection has entries of its own type, and the loop has put them back under the same name.
  return { format: 1, seq, time, about, totals, state: state as unknown as State };
}

/** Without a prototype: keys are names of methods and ids, which may be `__proto__`. */
function changed(entries: Entries, set: Entries, gone: readonly string[]): Entries {
  const changedEntries: Record<string, unknown> = Object.assign(Object.create(null), entries);
  for (const key of gone) delete changedEntries[key];
  for (const key of Object.keys(set)) changedEntries[key] = set[key];
  return changedEntries;
}
