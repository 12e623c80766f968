import type { RegisterRequest } from './register-request.js';
import type { Session } from './session.js';

/** How long a registration may wait for its channel's Leader, whatever time the peer gives it. */
const MAX_WAIT_MS = 30_000;
/** Of a Follower's time for registering, the share after which it is refused, so that it learns why. */
const REFUSE_AFTER_SHARE = 0.8;

interface Waiting {
  readonly request: RegisterRequest;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * Registrations on channels that have no Leader yet: one a session, the latest. A stock peer is left to its own retry: a
 * refusal would kill it, a closed connection make it come back without pause.
 */
export class PendingRegistrations {
  readonly #refuse: (session: Session, request: RegisterRequest) => void;
  readonly #waiting = new Map<Session, Waiting>();

  /** `refuse` tells a peer of our own kind that it has waited long enough. */
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

  /** Calls in those whose channel has got its Leader: what `callIn` returns true for waits no more. */
  callIn(callIn: (session: Session, request: RegisterRequest) => boolean): void {
    for (const [session, { request }] of [...this.#waiting]) if (callIn(session, request)) this.remove(session);
  }

  #onDue(session: Session): void {
    const waiting = this.#waiting.get(session);
    this.remove(session);
    if (waiting !== undefined) this.#refuse(session, waiting.request);
  }
}
