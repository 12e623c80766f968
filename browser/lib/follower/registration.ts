import { messageOf, RpcCode, type RpcError } from '../../../lib/errors.js';
import { type Registering, refused, unauthenticated } from '../../../lib/follower/registering.js';
import type { Codec } from '../../../lib/protocol/codec.js';
import { EXTENSION_VERSION, FEATURES, type Head, registerHead } from '../../../lib/protocol/message.js';
import { type FrameView, REQUEST } from '../../../lib/protocol/packet.js';
import { AUTH_REFUSALS, refusalCode } from '../../../lib/protocol/refusal.js';
import { reportingWindow, type StreamWindow } from '../../../lib/protocol/stream-window.js';
import { printable } from '../../../lib/quoted.js';
import type { Term } from '../../../lib/term.js';
import type { Connection } from '../../../lib/transport/connection.js';
import { ControlRequest } from '../../../lib/transport/control-request.js';
import { abortReason } from '../../../lib/transport/dial-within.js';
import type { PendingCalls } from '../../../lib/transport/pending-calls.js';
import { chooseCodec, STOCK_CODEC } from '../protocol/codecs.js';
import { performance } from '../timers.js';

export type { Registering } from '../../../lib/follower/registering.js';

/** The result of a registration: how a page and its server talk from then on. */
export interface Agreement {
  readonly codec: Codec;
  readonly features: readonly string[];
  readonly holder: undefined;
  readonly maxFrameBytes: number | undefined;
  readonly generation: string | undefined;
  /** A page follows no registry, and compares no terms. */
  readonly term?: Term | undefined;
  readonly uploads: StreamWindow | undefined;
  readonly takesCallers: boolean;
  readonly isStock: boolean;
}

/** Agreement until the registration is answered. */
export const NO_AGREEMENT: Agreement = {
  codec: STOCK_CODEC,
  features: [],
  holder: undefined,
  maxFrameBytes: undefined,
  generation: undefined,
  uploads: undefined,
  takesCallers: false,
  isStock: false,
};

/** A page's registration with its server: the first request on a connection. A page proves no secret; it may send a token. */
export class Registration {
  readonly #asked: Registering;
  readonly #onAgreed: (agreement: Agreement) => void;
  /** Answers of the server that belong to the registration: one, since a page proves no secret. */
  readonly answers = 1;
  #settle: ((error: RpcError | undefined) => void) | undefined;
  #isOver = false;

  /** `onAgreed` is called before later bytes are read, which may arrive in one piece with the answer. */
  constructor(asked: Registering, onAgreed: (agreement: Agreement) => void) {
    this.#asked = asked;
    this.#onAgreed = onAgreed;
  }

  /** True once the server has accepted the registration. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Registers. Resolves when the server accepts; otherwise closes the connection and rejects as `Line.open` does. */
  begin(
    connection: Connection,
    pending: PendingCalls,
    timeoutMs: number,
    signal: AbortSignal,
    _facts?: unknown,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => connection.destroy(abortReason(signal));
      signal.addEventListener('abort', onAbort);
      this.#settle = (error) => {
        this.#settle = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      if (signal.aborted) onAbort();
      else void this.#ask(connection, pending, timeoutMs);
    });
  }

  /** Rejects a registration that is not answered: the connection has ended. */
  lost(reason: RpcError): void {
    this.#settle?.(
      reason.code === RpcCode.ConnectionLost
        ? refused(this.#asked, `${reason.message} before it answered`, reason)
        : reason,
    );
  }

  /** The time for the registration goes on while the token is made. */
  async #ask(connection: Connection, pending: PendingCalls, timeoutMs: number): Promise<void> {
    const { codecs, maxFrameBytes, streamWindow: stream, channel, clientId, token: makeToken } = this.#asked;
    const deadline = performance.now() + timeoutMs;
    const request = new ControlRequest(
      'the registration',
      timeoutMs,
      (head, frame) => this.#onAnswer(head, frame, connection),
      (error) => connection.destroy(refused(this.#asked, error.message, error)),
    );
    const id = pending.add(request);
    let token: unknown;
    try {
      token = await makeToken?.();
    } catch (error) {
      return connection.destroy(unauthenticated(this.#asked, `no token could be made: ${messageOf(error)}`, error));
    }
    if (!connection.isOpen) return;
    const ext = {
      version: EXTENSION_VERSION,
      codecs,
      features: FEATURES,
      maxFrameBytes,
      token,
      ...(clientId && { clientId }),
      ...(stream && { stream: reportingWindow(stream) }),
    };
    try {
      const left = Math.max(1, Math.ceil(deadline - performance.now()));
      connection.send(REQUEST, id, left, registerHead(channel, ext));
    } catch (error) {
      connection.destroy(refused(this.#asked, messageOf(error), error));
    }
  }

  #onAnswer(head: Head, frame: FrameView, connection: Connection): void {
    let agreement: Agreement;
    try {
      agreement = this.#read(head, frame);
    } catch (error) {
      return connection.destroy(error as RpcError);
    }
    this.#isOver = true;
    this.#onAgreed(agreement);
    this.#settle?.(undefined);
  }

  #read(head: Head, { bytes, bodyStart, end }: FrameView): Agreement {
    const asked = this.#asked;
    if (head.type !== 'register_channel_res' || head.ext === undefined)
      throw refused(asked, `answered with ${head.type}: is it a server of mailstation?`);
    const { success, error } = Object(STOCK_CODEC.decode(bytes, bodyStart, end)) as {
      success?: unknown;
      error?: object;
    };
    if (success !== true) {
      const { message, code } = Object(error) as { message?: unknown; code?: unknown };
      const why = printable(String(message ?? 'no reason given'));
      const refusal = refusalCode(code);
      if (refusal !== undefined && AUTH_REFUSALS.includes(refusal)) throw unauthenticated(asked, why);
      throw refused(asked, why, refusal && Object.assign(new Error(why), { code: refusal }));
    }
    const { codecs, features, maxFrameBytes, generation, stream: uploads } = head.ext;
    const codec = chooseCodec(codecs);
    if (codec === undefined) throw refused(asked, 'chose a codec that was not offered');
    const takesCallers = features.includes('caller');
    return { codec, features, holder: undefined, maxFrameBytes, generation, uploads, takesCallers, isStock: false };
  }
}

/** Reads the answer to a subscription, which a page does not make. */
export function readRefusal(..._given: unknown[]): RpcError | undefined {
  return undefined;
}
