import { quoted } from '../quoted.js';
import { isEarlier, isTerm, type Term } from '../term.js';
import type { TermMemory } from './registering.js';

/** Ids whose terms are kept. The id that was heard of least recently is forgotten first. */
const MAX_IDS = 10_000;

interface Known {
  readonly term: Term;
  /** The registry has given a term of this store. */
  readonly isVouched: boolean;
}

/**
 * The highest term of the Leader of each id, as the registry and the Leaders themselves have given it. A process that was stopped may wake
 * as a Leader whose term is over: its callers recognise that Leader by a lower term, whatever the Leader believes.
 *
 * Terms of different stores cannot be compared. Where the registry has given a term, a Leader of another store is not believed: the
 * registry is the one that knows of a new store.
 */
export class KnownTerms implements TermMemory {
  readonly #known = new Map<string, Known>();
  readonly #watchers = new Map<string, Set<() => void>>();

  /** Notes the term that the registry has for the Leader of an id. A value that is no term changes nothing. */
  trust(id: string, term: unknown): void {
    if (!isTerm(term)) return;
    const known = this.#known.get(id)?.term;
    const isStale = known !== undefined && isEarlier(term, known);
    this.#set(id, { term: isStale ? known : term, isVouched: true });
  }

  take(id: string, term: Term): string | undefined {
    const known = this.#known.get(id);
    if (known !== undefined && isEarlier(term, known.term))
      return `a later process has led ${quoted(id)}: the term there is ${term.revision}, and the highest one is ${known.term.revision}`;
    if (known?.isVouched === true && known.term.store !== term.store)
      return `the term there is one of the store ${quoted(term.store)}, and the registry elects the Leader of ${quoted(id)} in the store ${quoted(known.term.store)}`;
    this.#set(id, { term, isVouched: known?.isVouched === true });
    return undefined;
  }

  isStale(id: string, term: Term): boolean {
    const known = this.#known.get(id);
    if (known === undefined) return false;
    return isEarlier(term, known.term) || (known.isVouched && known.term.store !== term.store);
  }

  watch(id: string, onChange: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(onChange));
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    };
  }

  #set(id: string, now: Known): void {
    const last = this.#known.get(id)?.term;
    this.#known.delete(id); // the latest one is the last in the order of a Map
    this.#known.set(id, now);
    if (this.#known.size > MAX_IDS) for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
    if (last?.revision === now.term.revision && last.store === now.term.store) return;
    for (const onChange of [...(this.#watchers.get(id) ?? [])]) onChange();
  }
}
