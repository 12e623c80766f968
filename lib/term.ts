/** Longest id of a store. Unit: characters */
const MAX_STORE = 256;

/**
 * Term of a Leader: each later Leader of an election in one store has a higher revision. Revisions of different stores say nothing about
 * each other, since a store that was emptied begins anew.
 */
export interface Term {
  /** Id of the store that elected the Leader. */
  readonly store: string;
  /** Revision of the store at which the Leader became a candidate. */
  readonly revision: number;
}

/** True for the term of a Leader that another one, whose term is `than`, has followed. False for terms of different stores. */
export function isEarlier(term: Term, than: Term): boolean {
  return term.store === than.store && term.revision < than.revision;
}

/** True for a term, as a record or a packet may have it. */
export function isTerm(value: unknown): value is Term {
  if (typeof value !== 'object' || value === null) return false;
  const { store, revision } = value as Partial<Record<keyof Term, unknown>>;
  return typeof store === 'string' && store !== '' && store.length <= MAX_STORE && isRevision(revision);
}

function isRevision(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
