import type { RpcError } from '../lib/errors.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import { LeaderNews } from '../lib/leader-news.js';
import type { Election } from '../lib/registry/election.js';
import { fencedChannel, staleLeader } from '../lib/serving/fence.js';
import type { Term } from '../lib/term.js';
import { Elected } from './elected.js';
import type { Place, PlaceOwner } from './place.js';

/** The place of a server that an election over all machines of a registry decides on. */
export class ElectedPlace implements Place {
  /** Another one each time that the server leads: an acceptor listens once. */
  acceptor: ServerAcceptor;
  readonly #owner: PlaceOwner;
  readonly #elected: Elected;
  readonly #news: LeaderNews;

  constructor(owner: PlaceOwner, election: Election) {
    this.#owner = owner;
    this.acceptor = owner.makeAcceptor();
    this.#news = new LeaderNews('server', owner.name);
    this.#elected = new Elected(election, {
      lead: (term, leads) => this.#lead(term, leads),
      standBy: () => this.#standBy(),
      depose: (reason) => this.#depose(reason),
      onError: (error) => owner.onError(error),
    });
  }

  get term(): Term | undefined {
    return this.#elected.term;
  }

  get waitsFor(): string {
    return `in ${this.#elected.description}`;
  }

  take(): Promise<void> {
    return this.#elected.start(this.#owner.options.registration?.timeout ?? 0);
  }

  /** The server leads until all calls are answered, so that no two processes answer at once. */
  async withdraw(): Promise<void> {}

  async handOver(): Promise<void> {
    await Promise.all([this.#elected.resign(), this.#owner.registered?.handOver()]);
  }

  closed(): void {
    this.#news.ended();
  }

  #standBy(): void {
    this.#owner.move('standby');
    this.#news.leads('another');
  }

  async #lead(term: Term, leads: () => boolean): Promise<void> {
    const owner = this.#owner;
    if (owner.isStopping) return;
    const { id } = owner.options;
    const channel = owner.makeChannel(() => (leads() ? undefined : staleLeader(id)));
    this.acceptor.lead(fencedChannel(channel, { term, leads }));
    await this.acceptor.listen();
    if (owner.isStopping) return this.acceptor.destroy(owner.stopReason());
    owner.onLeading();
    this.#news.leads('this', term);
  }

  async #depose(reason: RpcError): Promise<void> {
    const owner = this.#owner;
    const hasLed = owner.move('deposed');
    this.#news.ended();
    if (hasLed || owner.isStopping) owner.onDeposed(reason);
    if (!hasLed) return;
    const left = owner.registered?.handOver().then(() => owner.registered?.leave());
    await Promise.all([left, this.acceptor.drain(reason, owner.options.drainTimeout)]);
    if (owner.isStopping) return;
    this.acceptor = owner.makeAcceptor();
    owner.move('standby');
  }
}
