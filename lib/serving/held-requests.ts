import type { InvokeHead } from '../protocol/message.js';
import { clampedTimeout, type FrameView } from '../protocol/packet.js';
import { performance } from '../timers.js';
import { DeadlineTimer, scanDue } from '../transport/deadline-timer.js';
import type { Authorization } from './authorization.js';
import { mayTake } from './caller-share.js';
import type { ReportedCall } from './progress-reporter.js';

/** Memory that a held request takes beside its frame: this object, the promise, and what the user's function keeps. Unit: bytes */
const OVERHEAD_BYTES = 1_024;

/** A request that waits for the promise of `authorize`. Has a copy of the frame, whose bytes are reused otherwise. */
export class HeldRequest implements ReportedCall {
  readonly isRunning = false;
  readonly head: InvokeHead;
  readonly frame: FrameView;
  /** End of the time that the caller waits, on the clock of `performance.now()`. */
  readonly deadline: number;
  readonly heldAt = performance.now();
  // The next four fields belong to ProgressReporter.
  receivedAt = 0;
  reportAt = 0;
  before: ReportedCall | undefined = undefined;
  after: ReportedCall | undefined = undefined;

  constructor(head: InvokeHead, { kind, id, timeout, bytes, bodyStart, end }: FrameView, deadline: number) {
    const body = Buffer.from(bytes.subarray(bodyStart, end));
    this.head = head;
    this.frame = {
      kind,
      id,
      timeout: clampedTimeout(timeout),
      bytes: body,
      headStart: 0,
      bodyStart: 0,
      end: body.length,
    };
    this.deadline = deadline;
  }

  get id(): number {
    return this.frame.id;
  }

  get method(): string {
    return this.head.method;
  }

  get bytes(): number {
    return this.frame.end + OVERHEAD_BYTES;
  }
}

/** Requests of one connection that wait for the promises of `authorize`, each until its deadline. */
export class HeldRequests {
  readonly #authorization: Authorization;
  readonly #onExpired: (request: HeldRequest) => void;
  readonly #requests = new Set<HeldRequest>();
  /** The latest request of each id: a peer that uses an id for two requests at once can cancel only the later one. */
  readonly #byId = new Map<number, HeldRequest>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));
  #bytes = 0;

  /** `onExpired` is called with each request whose time is over; must call {@link delete}. */
  constructor(authorization: Authorization, onExpired: (request: HeldRequest) => void) {
    this.#authorization = authorization;
    this.#onExpired = onExpired;
  }

  /** False where the bound over all connections, or the share of this connection, has no room for the request. */
  add(request: HeldRequest): boolean {
    const { bounds, heldBytes } = this.#authorization;
    const more = request.bytes - 1; // mayTake() asks for one more
    if (!mayTake(this.#bytes + more, heldBytes + more, bounds.maxPartialBytes, bounds.callerShare)) return false;
    this.#count(request.bytes);
    this.#requests.add(request);
    this.#byId.set(request.id, request);
    this.#timer.note(this.expiresAt(request));
    return true;
  }

  /** False where the request waits no more: its promise came too late. */
  delete(request: HeldRequest): boolean {
    if (!this.#requests.delete(request)) return false;
    if (this.#byId.get(request.id) === request) this.#byId.delete(request.id);
    this.#count(-request.bytes);
    if (this.#requests.size === 0) this.#timer.stop();
    return true;
  }

  find(id: number): HeldRequest | undefined {
    return this.#byId.get(id);
  }

  [Symbol.iterator](): IterableIterator<HeldRequest> {
    return [...this.#requests].values();
  }

  /** Time at which a request has waited long enough, on the clock of `performance.now()`. */
  expiresAt({ deadline, heldAt }: HeldRequest): number {
    return Math.min(deadline, heldAt + this.#authorization.bounds.handshakeTimeout);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#authorization.heldBytes += bytes;
  }

  #expire(now: number): number {
    return scanDue(this.#requests, now, (request) => this.expiresAt(request), this.#onExpired);
  }
}
