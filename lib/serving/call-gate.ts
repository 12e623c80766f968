import { describeError } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import type { InvokeHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { quoted, shown } from '../quoted.js';
import type { RateLimitedLog } from '../rate-limited-log.js';
import type { ConnectedPeer } from '../server-info.js';
import { performance } from '../timers.js';
import { type Authorization, type Authorize, notExposed } from './authorization.js';
import type { Exposed } from './exposed.js';
import { HeldRequest, HeldRequests } from './held-requests.js';
import { callerOf } from './incoming-call.js';

/** Time after which another attempt may find room. Unit: ms */
const RETRY_AFTER_MS = 100;
/** Share of a request's time after which a cancelled request counts as one that `authorize` has not decided in time. */
const NEARLY_ALL = 0.9;
/** Subject of the log lines about `authorize`. */
const SUBJECT = 'authorize';

/** The calls of the connection, as the gate needs them. */
export interface GateOwner {
  /** A request waits for `authorize`: it counts among the calls of the connection until {@link GateOwner.release}. */
  hold(request: HeldRequest): void;
  release(request: HeldRequest): void;
  /** A held request was admitted by `authorize`. */
  goOn(request: HeldRequest): void;
  /** Answers a request that was not admitted. A line about it is logged unless `isLogged`. */
  forbid(frame: FrameView, head: InvokeHead, error: RpcError, isLogged: boolean): void;
}

/** Decides on the calls of one connection: by `expose`, and by `authorize`. A connection that may call all has no gate. */
export class CallGate {
  readonly #owner: GateOwner;
  readonly #authorization: Authorization;
  readonly #authorize: Authorize | undefined;
  readonly #caller: ConnectedPeer;
  readonly #exposed: Pick<Exposed, 'has'> | undefined;
  readonly #log: RateLimitedLog;
  /** Made for the first request that has to wait. */
  #held: HeldRequests | undefined;
  /** True while a held request goes on, which `authorize` has admitted. */
  #isAdmitted = false;

  private constructor(
    owner: GateOwner,
    authorization: Authorization,
    caller: ConnectedPeer,
    exposed: Pick<Exposed, 'has'> | undefined,
    log: RateLimitedLog,
  ) {
    this.#owner = owner;
    this.#authorization = authorization;
    this.#authorize = authorization.authorize;
    this.#caller = caller;
    this.#exposed = exposed;
    this.#log = log;
  }

  /** The gate of a connection; undefined where the caller may call all. `origin`: that of a web page. */
  static of(
    owner: GateOwner,
    authorization: Authorization,
    caller: ConnectedPeer,
    origin: string | undefined,
    log: RateLimitedLog,
  ): CallGate | undefined {
    const exposed = authorization.exposedTo(caller, origin);
    if (exposed === undefined && authorization.authorize === undefined) return undefined;
    return new CallGate(owner, authorization, caller, exposed, log);
  }

  /** The error for a method that is not exposed to this caller. */
  unexposed(method: string): RpcError | undefined {
    return this.#exposed === undefined || this.#exposed.has(method) ? undefined : notExposed();
  }

  /** True where `authorize` admits the request at once. Otherwise the request is answered, or waits. */
  admits(head: InvokeHead, frame: FrameView, deadline: number): boolean {
    if (this.#authorize === undefined || this.#isAdmitted) return true;
    let answer: unknown;
    try {
      answer = this.#authorize(callerOf(this.#caller, head.caller) as ConnectedPeer, head.method);
    } catch (error) {
      this.#failed(frame, head, error);
      return false;
    }
    if (answer === true) return true;
    if ((typeof answer === 'object' && answer !== null) || typeof answer === 'function')
      this.#wait(answer, new HeldRequest(head, frame, deadline));
    else this.#refuse(frame, head, answer);
    return false;
  }

  /**
   * The caller has cancelled the request with this id. False: no such request waits. A caller whose deadline has passed cancels the
   * request too, often just before this end's own timer.
   */
  cancel(id: number): boolean {
    const request = this.#held?.find(id);
    if (request === undefined || !this.#release(request)) return false;
    const { heldAt, deadline } = request;
    if (performance.now() - heldAt >= (deadline - heldAt) * NEARLY_ALL) this.#logHang(request);
    return true;
  }

  /** The connection has ended. */
  end(): void {
    for (const request of this.#held ?? []) this.#release(request);
  }

  #wait(answer: object, request: HeldRequest): void {
    this.#held ??= new HeldRequests(this.#authorization, (late) => this.#expired(late));
    if (!this.#held.add(request)) {
      const { maxPartialBytes } = this.#authorization.bounds;
      const why = `too many requests wait for authorize of the server: ${this.#authorization.heldBytes} bytes of them are held, and maxPartialBytes allows ${maxPartialBytes} over all connections`;
      const error = new RpcError(RpcCode.Overloaded, why, { retryAfter: RETRY_AFTER_MS });
      this.#owner.forbid(request.frame, request.head, error, false);
      return;
    }
    this.#owner.hold(request);
    // A promise of another library may throw when its `then` is read; the executor makes a rejection of that.
    new Promise((resolve) => resolve(answer)).then(
      (value) => this.#answered(request, value),
      (error) => {
        if (this.#release(request)) this.#failed(request.frame, request.head, error);
      },
    );
  }

  #answered(request: HeldRequest, answer: unknown): void {
    if (!this.#release(request)) return;
    if (answer !== true) return this.#refuse(request.frame, request.head, answer);
    this.#isAdmitted = true;
    try {
      this.#owner.goOn(request);
    } finally {
      this.#isAdmitted = false;
    }
  }

  #release(request: HeldRequest): boolean {
    if (this.#held?.delete(request) !== true) return false;
    this.#owner.release(request);
    return true;
  }

  #refuse(frame: FrameView, head: InvokeHead, answer: unknown): void {
    const error = new RpcError(RpcCode.Forbidden, 'authorize of the server does not let this caller call this method');
    if (answer !== false) {
      const wrong = `authorize must return true or false, or a promise of one of them, and returned ${shown(answer)}`;
      this.#log.error(`mailstation: refused ${this.#describe(head)}: ${wrong}`, SUBJECT);
    }
    this.#owner.forbid(frame, head, error, answer !== false);
  }

  #failed(frame: FrameView, head: InvokeHead, thrown: unknown): void {
    this.#log.error(
      () => `mailstation: refused ${this.#describe(head)}: authorize failed: ${describeError(thrown)}`,
      SUBJECT,
    );
    const why = 'authorize of the server failed; the log of the server has the reason';
    this.#owner.forbid(frame, head, new RpcError(RpcCode.Forbidden, why), true);
  }

  #expired(request: HeldRequest): void {
    if (!this.#release(request)) return;
    const why = this.#logHang(request);
    this.#owner.forbid(request.frame, request.head, new RpcError(RpcCode.Timeout, why), true);
  }

  #logHang({ head, deadline, heldAt }: HeldRequest): string {
    const { handshakeTimeout } = this.#authorization.bounds;
    const isDeadline = deadline <= heldAt + handshakeTimeout;
    const limit = isDeadline ? 'the time that the call had' : 'the handshakeTimeout';
    const ms = Math.round(Math.min(deadline - heldAt, handshakeTimeout));
    const why = `authorize of the server did not answer in ${ms} ms, ${limit}`;
    this.#log.warn(`mailstation: refused ${this.#describe(head)}: ${why}`, SUBJECT);
    return why;
  }

  #describe({ method }: InvokeHead): string {
    return `a call of ${quoted(method)} from ${this.#caller.peer}`;
  }
}
