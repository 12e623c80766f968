import { isEncrypted } from '../endpoint.js';
import { hasCode, messageOf, RpcCode, type RpcError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { ownProcess } from '../own-process.js';
import {
  EXTENSION_VERSION,
  FEATURES,
  type Head,
  type RegisterProofExtension,
  registerHead,
  registerProofHead,
} from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import { reportingWindow } from '../protocol/stream-window.js';
import { performance } from '../timers.js';
import type { StreamFacts } from '../transport/byte-stream.js';
import type { Connection } from '../transport/connection.js';
import { ControlRequest } from '../transport/control-request.js';
import { abortReason } from '../transport/dial-within.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import { type ProofAttempt, type Registering, refused, unauthenticated } from './registering.js';
import { type Agreement, readRegistration, unproven, wasRefused } from './registration-answer.js';
import { REGISTRATION_TRANSITIONS, type RegistrationState } from './registration-state.js';

export type { Registering } from './registering.js';
export { type Agreement, NO_AGREEMENT, readRefusal, readRegistration } from './registration-answer.js';

/** Usual causes of a connection that ends before a registration is answered: no reason travels with the end of a connection. */
const CLOSED_UNANSWERED =
  'another program may be on that port, such as a server of pomelo-rpc, or the whitelist of the server lacks this address';

/** The same for a server that speaks TLS, which may be one of another package. */
const CLOSED_UNANSWERED_TLS =
  'the server may not accept the certificate of this client (tls.cert), or its whitelist lacks this address';

/** The connection of a registration. */
interface Attempt {
  readonly connection: Connection;
  readonly pending: PendingCalls;
  readonly facts: StreamFacts | undefined;
  /** End of the time for the whole registration, on the clock of `performance.now()`. */
  readonly deadline: number;
}

/** A Follower's registration on its channel: the first requests on a connection, sent once. */
export class Registration {
  readonly #asked: Registering;
  readonly #onAgreed: (agreement: Agreement) => void;
  readonly #lifecycle = new Lifecycle<RegistrationState>('asking', REGISTRATION_TRANSITIONS, () => {});
  #settle: ((error: RpcError | undefined) => void) | undefined;
  /** Answers of the Leader so far: two where a secret is proven. */
  answers = 0;

  /** `onAgreed` is called before later bytes are read, which may arrive in one piece with the answer. */
  constructor(asked: Registering, onAgreed: (agreement: Agreement) => void) {
    this.#asked = asked;
    this.#onAgreed = onAgreed;
  }

  /** True once the Leader has accepted the registration. */
  get isOver(): boolean {
    return this.#lifecycle.state === 'agreed';
  }

  /** Registers. Resolves when the Leader accepts; otherwise closes the connection and rejects as `Line.open` does. */
  begin(
    connection: Connection,
    pending: PendingCalls,
    timeoutMs: number,
    signal: AbortSignal,
    facts?: StreamFacts,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => connection.destroy(abortReason(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#settle = (error) => {
        this.#settle = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      if (signal.aborted) return onAbort(); // within the tick in which the stream opened
      const attempt = { connection, pending, facts, deadline: performance.now() + timeoutMs };
      if (this.#asked.token === undefined) this.#ask(attempt, timeoutMs, undefined);
      else void this.#askWithToken(attempt, timeoutMs, this.#asked.token);
    });
  }

  /** Rejects a registration that is not answered: the connection has ended. */
  lost(reason: RpcError): void {
    this.#lifecycle.move('ended');
    if (reason.code !== RpcCode.ConnectionLost) return this.#settle?.(reason);
    const causes = isEncrypted(this.#asked.endpoint) ? CLOSED_UNANSWERED_TLS : CLOSED_UNANSWERED;
    // A process that ends resets the connections that it had no time to accept. Most other programs, and a whitelist, close them.
    const first = hasCode(reason, ['ECONNRESET', 'EPIPE']) ? 'the server may have ended just then; otherwise ' : '';
    this.#settle?.(refused(this.#asked, `${reason.message} before it answered; ${first}${causes}`, reason));
  }

  /** The time for the registration goes on while the token is made. */
  async #askWithToken(attempt: Attempt, timeoutMs: number, makeToken: () => unknown): Promise<void> {
    const { connection, deadline } = attempt;
    const fail = (why: string, cause?: unknown): void => connection.destroy(refused(this.#asked, why, cause));
    const waiting = new ControlRequest(
      'the function of the option auth',
      timeoutMs,
      () => fail('answered a request that was not sent yet'),
      (error) => fail(error.message, error),
    );
    const id = attempt.pending.add(waiting);
    try {
      const token = await makeToken();
      if (attempt.pending.take(id) === undefined || !connection.isOpen) return;
      this.#ask(attempt, Math.max(1, Math.ceil(deadline - performance.now())), token);
    } catch (error) {
      connection.destroy(unauthenticated(this.#asked, `no token could be made: ${messageOf(error)}`, error));
    }
  }

  #ask(attempt: Attempt, timeoutMs: number, token: unknown): void {
    const { codecs, transcode, maxFrameBytes, streamWindow: stream, channel, secrets, place = '' } = this.#asked;
    const offered = transcode === undefined ? codecs : [transcode.name];
    const terms = {
      version: EXTENSION_VERSION,
      codecs: offered,
      features: FEATURES,
      maxFrameBytes,
      ...(stream && { stream: reportingWindow(stream) }),
    };
    const own = this.#ownFields(token);
    const proof = secrets?.begin({ channel, place, binding: attempt.facts?.binding?.() });
    // Before the Leader has proven the secret, the frame has nothing that belongs to the user.
    const ext = proof === undefined ? { ...terms, ...own } : { ...terms, auth: proof.offer };
    this.#send(attempt, timeoutMs, registerHead(channel, ext), (head, frame) => {
      if (proof === undefined) this.#onAnswer(head, frame, attempt.connection);
      else this.#onChallenge(head, frame, attempt, proof, own);
    });
  }

  #ownFields(token: unknown): Omit<RegisterProofExtension, 'version'> {
    const { clientId, asksHolder = wasRefused(this.#asked), isStandby } = this.#asked;
    return {
      ...(asksHolder && { asksHolder }),
      ...(clientId !== undefined && { clientId }),
      process: { ...ownProcess(), ...(isStandby === true && { standby: true }) },
      ...(token !== undefined && { token }),
    };
  }

  #onChallenge(
    head: Head,
    frame: FrameView,
    attempt: Attempt,
    proof: ProofAttempt,
    own: Omit<RegisterProofExtension, 'version'>,
  ): void {
    const challenge = head.type === 'register_challenge' ? head.auth : undefined;
    const answer = challenge && proof.prove(challenge);
    if (answer === undefined) return attempt.connection.destroy(unproven(head, frame, this.#asked));
    this.#lifecycle.move('proving');
    const left = Math.max(1, Math.ceil(attempt.deadline - performance.now()));
    const proving = registerProofHead({ proof: answer }, { version: EXTENSION_VERSION, ...own });
    this.#send(attempt, left, proving, (answerHead, answered) =>
      this.#onAnswer(answerHead, answered, attempt.connection),
    );
  }

  #send(
    { connection, pending }: Attempt,
    timeoutMs: number,
    head: Uint8Array,
    onAnswer: (head: Head, frame: FrameView) => void,
  ): void {
    const { answerWithin = timeoutMs } = this.#asked;
    const request = new ControlRequest(
      'the registration',
      timeoutMs,
      (answer, frame) => {
        this.answers += 1;
        onAnswer(answer, frame);
      },
      (error) => connection.destroy(refused(this.#asked, error.message, error)),
    );
    const id = pending.add(request);
    try {
      connection.send(REQUEST, id, Math.min(timeoutMs, answerWithin), head);
    } catch (error) {
      connection.destroy(refused(this.#asked, messageOf(error), error));
    }
  }

  #onAnswer(head: Head, frame: FrameView, connection: Connection): void {
    let agreement: Agreement;
    try {
      agreement = readRegistration(head, frame, this.#asked);
    } catch (error) {
      return connection.destroy(error as RpcError);
    }
    this.#lifecycle.move('agreed');
    this.#onAgreed(agreement);
    this.#settle?.(undefined);
  }
}
