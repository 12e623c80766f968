import { COLLECTIONS } from '../../apply.js';
import type { CollectionName, Snapshot, State } from '../../snapshot.js';

/**
 * A state whose collections have no prototype: a key such as `constructor` is then an entry or nothing. Collections that the sender does not
 * know yet are empty.
 */
export function bare(snapshot: Snapshot): Snapshot {
  const state: Partial<Record<CollectionName, object>> = {};
  for (const name of COLLECTIONS) state[name] = Object.assign(Object.create(null) as object, snapshot.state[name]);
  return { ...snapshot, state: state as State };
}
