import { type LeaderChangeMessage, leaderChangeChannel } from './channels.js';
import type { Term } from './term.js';

/** Publishes each change of the process that leads one thing, as one of its competitors sees the change, on `mailstation:leader:change`. */
export class LeaderNews {
  readonly #kind: LeaderChangeMessage['kind'];
  readonly #name: string;
  #leader: LeaderChangeMessage['leader'] = 'none';
  #term: Term | undefined;

  constructor(kind: LeaderChangeMessage['kind'], name: string) {
    this.#kind = kind;
    this.#name = name;
  }

  /** A process leads. The same Leader again is no change. */
  leads(leader: 'this' | 'another', term?: Term): void {
    this.#change(leader, term);
  }

  /** No Leader is known any more. */
  none(): void {
    this.#change('none', undefined);
  }

  /** This competitor has ended. What others lead goes on, and is not seen any more. */
  ended(): void {
    if (this.#leader === 'this') this.none();
  }

  #change(leader: LeaderChangeMessage['leader'], term: Term | undefined): void {
    if (leader === this.#leader && term?.revision === this.#term?.revision && term?.store === this.#term?.store) return;
    this.#leader = leader;
    this.#term = term;
    if (!leaderChangeChannel.hasSubscribers) return;
    leaderChangeChannel.publish({ kind: this.#kind, name: this.#name, leader, term } satisfies LeaderChangeMessage);
  }
}
