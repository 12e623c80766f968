import type { Snapshot } from '../snapshot.js';
import type { Route } from './source/route.js';
import type { Store } from './source/store.js';

/** Everything that a view draws from. */
export interface Scope {
  readonly store: Store;
  readonly snapshot: Snapshot;
  readonly route: Route;
  /** Text of the search box, in small letters. */
  readonly query: string;
  /** Speaks to a reader of the screen, once: `copied`. */
  announce(text: string): void;
}

/** Whether a search text is in one of the texts. */
export function matches(query: string, ...texts: readonly (string | null | undefined)[]): boolean {
  return query === '' || texts.some((text) => text?.toLowerCase().includes(query) === true);
}
