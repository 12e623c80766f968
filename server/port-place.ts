import type { Candidate } from '../lib/election/candidate.js';
import type { Endpoint } from '../lib/endpoint.js';
import { Line } from '../lib/follower/line.js';
import type { LineOptions } from '../lib/follower/line-options.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import { LeaderNews } from '../lib/leader-news.js';
import type { Place, PlaceOwner } from './place.js';
import { lineToHolder, listenOrNameHolder } from './port-holder.js';
import { standbyCandidate } from './standby.js';

/** The place of a server whose port decides who leads. */
export class PortPlace implements Place {
  readonly acceptor: ServerAcceptor;
  readonly term = undefined;
  readonly #owner: PlaceOwner;
  /** Competes for the port; only with `standby`. */
  readonly #candidate: Candidate | undefined;
  readonly #news: LeaderNews;

  constructor(owner: PlaceOwner) {
    this.#owner = owner;
    this.acceptor = owner.makeAcceptor();
    this.#news = new LeaderNews('server', owner.name);
    this.#candidate = owner.options.standby ? this.#makeCandidate() : undefined;
  }

  get waitsFor(): string {
    return `for ${this.acceptor.description}`;
  }

  async take(): Promise<void> {
    this.acceptor.lead(this.#owner.makeChannel());
    if (this.#candidate !== undefined) return this.#candidate.compete();
    await listenOrNameHolder(this.acceptor, (endpoint) => this.#lineTo(endpoint), this.#owner.options.id);
    this.#owner.onLeading();
  }

  async withdraw(): Promise<void> {
    await this.#candidate?.destroy(this.#owner.stopReason());
  }

  async handOver(): Promise<void> {} // the port is free when the acceptor has drained

  closed(): void {
    this.#news.ended();
  }

  #makeCandidate(): Candidate {
    const owner = this.#owner;
    return standbyCandidate(owner.options, this.acceptor, {
      claim: () => this.acceptor.listen(),
      release: () => this.acceptor.destroy(owner.stopReason()),
      follow: (handler, signal) => Line.open(this.#lineOfStandby(), handler, signal),
      onObstacle: (error) => owner.onError(error),
      onMove: (to) => {
        if (to === 'leading') this.#onLeading();
        if (to === 'following') this.#onFollowing();
        if (to === 'competing') this.#news.none();
      },
    });
  }

  #onLeading(): void {
    this.#owner.onLeading();
    if (!this.#owner.isStopping) this.#news.leads('this');
  }

  #onFollowing(): void {
    this.#owner.move('standby');
    this.#news.leads('another');
  }

  #lineOfStandby(): LineOptions {
    return { ...this.#lineTo(this.#owner.options.listening.doors[0].endpoint), isStandby: true };
  }

  #lineTo(endpoint: Endpoint): LineOptions {
    const { options, name } = this.#owner;
    return lineToHolder(endpoint, options.id ?? name, options.listening);
  }
}
