import { clearTimeout, setTimeout } from '../timers.js';
import type { RegisterRequest } from './register-request.js';
import type { Session } from './session.js';

/** Upper bound for the time that a registration waits for its channel's Leader. ms */
const MAX_WAIT_MS = 30_000;
/** Share of the Follower's own timeout after which the registration is refused, so that the Follower gets the reason. */
const REFUSE_AFTER_SHARE = 0.8;

interface PendingRegistration {
  readonly request: RegisterRequest;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * Registrations on channels that have no Leader yet: the latest of each session. A stock peer gets no answer and repeats its
 * request: a refusal would kill the peer, and a closed connection would make the peer redial without a pause.
 */
export class PendingRegistrations {
  readonly #refuse: (session: Session, request: RegisterRequest) => void;
  readonly #waiting = new Map<Session, PendingRegistration>();

  /** `refuse` is called for a mailstation peer whose time has passed. */
  constructor(refuse: (session: Session, request: RegisterRequest) => void) {
    this.#refuse = refuse;
  }

  has(session: Session): boolean {
    return this.#waiting.has(session);
  }

  add(session: Session, request: RegisterRequest): void {
    this.remove(session);
    const refuseAfter = Math.min(MAX_WAIT_MS, Math.max(1, request.timeout * REFUSE_AFTER_SHARE));
    const timer = request.ext === undefined ? undefined : setTimeout(() => this.#onDue(session), refuseAfter).unref();
    this.#waiting.set(session, { request, timer });
  }

  remove(session: Session): void {
    clearTimeout(this.#waiting.get(session)?.timer);
    this.#waiting.delete(session);
  }

  clear(): void {
    for (const session of [...this.#waiting.keys()]) this.remove(session);
  }

  /** Offers each registration to `accept`, and removes those for which `accept` returns true. */
  settle(accept: (session: Session, request: RegisterRequest) => boolean): void {
    for (const [session, { request }] of [...this.#waiting]) if (accept(session, request)) this.remove(session);
  }

  #onDue(session: Session): void {
    const waiting = this.#waiting.get(session);
    this.remove(session);
    if (waiting !== undefined) this.#refuse(session, waiting.request);
  }
}
