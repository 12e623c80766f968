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
