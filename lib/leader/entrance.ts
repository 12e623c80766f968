import type { AuthRequest } from '../auth/authenticate-option.js';
import type { LeaderProof } from '../auth/leader-proof.js';
import { messageOf } from '../errors.js';
import { identityOf, type ProvenIdentity } from '../identity.js';
import { Lifecycle } from '../lifecycle.js';
import type { AuthChallenge } from '../protocol/auth-message.js';
import type { RegisterProofHead } from '../protocol/message.js';
import { RefusalCode } from '../protocol/refusal.js';
import { printable } from '../quoted.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import type { StreamFacts } from '../transport/byte-stream.js';
import type { EntranceRules } from './entrance-rules.js';
import { ENTRANCE_TRANSITIONS, type EntranceState } from './entrance-state.js';
import type { RegisterRequest } from './register-request.js';

/** The session behind the entrance. */
export interface EntranceHost {
  readonly openedAt: number;
  readonly peer: string;
  readonly ip: string;
  readonly facts: StreamFacts | undefined;
  challenge(request: RegisterRequest, auth: AuthChallenge): void;
  /** The peer may register now. */
  admitted(request: RegisterRequest): void;
  /** The peer is refused for good. `why` is for the log, `message` for the peer. */
  refused(request: RegisterRequest, code: RefusalCode, message: string, why: string): void;
}

/** Data of the state `challenged`. */
interface Challenged {
  readonly request: RegisterRequest;
  readonly proof: LeaderProof;
}

/** Texts for peers that have proven nothing. They say what to do, and nothing about this process. */
const MESSAGES = {
  [RefusalCode.SecretRequired]:
    'this Leader admits only peers that know its shared secret; give this end the option `secret`',
  [RefusalCode.WrongSecret]: 'the shared secret of this end is not valid here; give both ends the same `secret`',
  [RefusalCode.NotAuthenticated]: 'the token of this client was not accepted; give the client a valid `auth`',
} as const;
type EntranceRefusal = keyof typeof MESSAGES;

/** Text for a web page at a Leader that has a secret and no `authenticate`: no option of the page would help. */
const PAGE_WITHOUT_TOKENS =
  'this Leader admits a web page by its token only, and checks none; give the server the option `authenticate`, and the page `auth`';

/** Share of the time for a registration that `authenticate` has. */
const ANSWER_SHARE = 0.8;

/** Checks one connection before its registration: the secret, then the token. Nothing else of the peer is looked at before that. */
export class Entrance {
  readonly #rules: EntranceRules;
  readonly #host: EntranceHost;
  readonly #lifecycle = new Lifecycle<EntranceState>('waiting', ENTRANCE_TRANSITIONS, () => {});
  #challenged: Challenged | undefined;
  #proven: ProvenIdentity;
  /** Channel of the registration. A connection that was admitted may ask for no other. */
  #channelName: string | undefined;
  /** Ends the wait for `authenticate`. */
  #late: NodeJS.Timeout | undefined;

  constructor(rules: EntranceRules, host: EntranceHost) {
    this.#rules = rules;
    this.#host = host;
    this.#proven = provenByTransport(host.facts);
  }

  get state(): EntranceState {
    return this.#lifecycle.state;
  }

  /** Facts about the peer that were verified so far. */
  get proven(): ProvenIdentity {
    return this.#proven;
  }

  onRegister(request: RegisterRequest): void {
    const { state } = this.#lifecycle;
    if (state === 'admitted' && request.channelName === this.#channelName) return this.#host.admitted(request);
    if (state === 'authenticating' && request.ext === undefined) return; // a stock Follower repeats its request
    if (state !== 'waiting') return this.#refuse(request, RefusalCode.WrongSecret, 'the peer registered twice');
    this.#channelName = request.channelName;
    if (this.#rules.secrets === undefined || this.#isPageWithToken) return this.#authenticate(request);
    const offer = request.ext?.auth;
    if (offer === undefined && this.#host.facts?.origin !== undefined) {
      const why =
        'the peer is a web page, which can keep no secret; give the server `authenticate`, which admits pages';
      return this.#refuse(request, RefusalCode.SecretRequired, why, PAGE_WITHOUT_TOKENS);
    }
    if (offer === undefined) return this.#refuse(request, RefusalCode.SecretRequired, 'the peer offered no secret');
    const proof = this.#rules.secrets.challenge(offer, {
      channel: request.channelName,
      place: this.#rules.place,
      binding: this.#host.facts?.binding?.(),
    });
    if (proof === undefined)
      return this.#refuse(request, RefusalCode.WrongSecret, 'the peer knows no secret that is valid here');
    this.#challenged = { request, proof };
    this.#lifecycle.move('challenged');
    this.#host.challenge(request, proof.challenge);
  }

  onProof(id: number, timeout: number, { auth, ext }: RegisterProofHead): void {
    const challenged = this.#challenged;
    if (this.#lifecycle.state !== 'challenged' || challenged?.request.ext === undefined)
      return this.#refuse(asRequest(id, timeout), RefusalCode.WrongSecret, 'the peer sent a proof without being asked');
    this.#challenged = undefined; // a challenge is good for one answer
    const { auth: _offer, ...offered } = challenged.request.ext;
    const request = { ...challenged.request, id, timeout, ext: { ...offered, ...ownFields(ext) } };
    if (auth === undefined || !challenged.proof.verify(auth.proof))
      return this.#refuse(request, RefusalCode.WrongSecret, "the peer's proof of the secret is wrong");
    this.#proven = { ...this.#proven, secret: challenged.proof.secret };
    this.#authenticate(request);
  }

  /** The connection has ended. */
  close(): void {
    clearTimeout(this.#late);
    this.#lifecycle.move('closed');
  }

  /**
   * A web page can keep no secret, and proves by its token alone who it is. A program that pretends to be a page has to bring a token
   * too, and may call what pages may call (`expose`).
   */
  get #isPageWithToken(): boolean {
    return this.#host.facts?.origin !== undefined && this.#rules.authenticate !== undefined;
  }

  #authenticate(request: RegisterRequest): void {
    const { authenticate } = this.#rules;
    if (authenticate === undefined) return this.#admit(request);
    this.#lifecycle.move('authenticating');
    let result: unknown;
    try {
      result = authenticate(request.ext?.token, this.#authRequest(request));
    } catch (error) {
      return this.#notAuthenticated(request, `authenticate threw: ${messageOf(error)}`);
    }
    if (isThenable(result)) this.#wait(request, result);
    else this.#decide(request, result);
  }

  /** The time for the registration goes on while `authenticate` decides. */
  #wait(request: RegisterRequest, result: PromiseLike<unknown>): void {
    const { openedAt } = this.#host;
    const { handshakeTimeout } = this.#rules;
    const time = Math.min(openedAt + handshakeTimeout - performance.now(), request.timeout);
    const left = Math.max(1, time * ANSWER_SHARE); // the peer still waits then, and gets the reason
    this.#late = setTimeout(() => {
      this.#notAuthenticated(request, `authenticate had not answered after ${Math.round(left)} ms (handshakeTimeout)`);
    }, left).unref();
    result.then(
      (identity) => {
        clearTimeout(this.#late);
        if (this.#lifecycle.state === 'authenticating') this.#decide(request, identity);
      },
      (error: unknown) => {
        clearTimeout(this.#late);
        this.#notAuthenticated(request, `authenticate failed: ${messageOf(error)}`);
      },
    );
  }

  #decide(request: RegisterRequest, identity: unknown): void {
    if (!identity) return this.#notAuthenticated(request, 'authenticate did not accept its token');
    this.#proven = { ...this.#proven, token: identity };
    this.#admit(request);
  }

  #admit(request: RegisterRequest): void {
    if (this.#lifecycle.move('admitted')) this.#host.admitted(request);
  }

  #notAuthenticated(request: RegisterRequest, why: string): void {
    this.#refuse(request, RefusalCode.NotAuthenticated, printable(why));
  }

  #refuse(request: RegisterRequest, code: EntranceRefusal, why: string, message: string = MESSAGES[code]): void {
    if (!this.#lifecycle.move('closed')) return;
    this.#host.refused(request, code, message, why);
  }

  #authRequest({ channelName, ext }: RegisterRequest): AuthRequest {
    const { ip, peer, facts } = this.#host;
    return Object.freeze({
      channel: channelName,
      ip,
      peer,
      origin: facts?.origin,
      identity: identityOf({ ...this.#proven }, ext?.clientId),
    });
  }
}

/** Facts that the transport has verified. */
export function provenByTransport(facts: StreamFacts | undefined): ProvenIdentity {
  return facts?.certificate === undefined ? {} : { certificate: facts.certificate };
}

function ownFields(ext: RegisterProofHead['ext']): Partial<NonNullable<RegisterProofHead['ext']>> {
  const { clientId, asksHolder, process, token } = ext ?? {};
  return {
    ...(clientId !== undefined && { clientId }),
    ...(asksHolder !== undefined && { asksHolder }),
    ...(process !== undefined && { process }),
    ...(token !== undefined && { token }),
  };
}

/** A proof that no request came before. Its sender is no stock peer. */
function asRequest(id: number, timeout: number): RegisterRequest {
  return { id, timeout, channelName: '', ext: { version: 1, codecs: [], features: [] } };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
