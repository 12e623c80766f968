import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../protocol/codecs.js';
import { EXTENSION_VERSION, FEATURES, type Head, type PortHolder, registerHead } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import { RefusalCode, refusalCode } from '../protocol/refusal.js';
import { printable } from '../quoted.js';
import type { Connection } from '../transport/connection.js';
import { ControlRequest } from '../transport/control-request.js';
import { abortReason } from '../transport/dial-within.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import { fromWireError } from '../wire-errors.js';

/** Parameters of a registration. */
export interface Registering {
  readonly endpoint: Endpoint;
  /** The channel to register on: a server's id, or a shared client's name. */
  readonly channel: string;
  /** Codec names to offer, the preferred one first. */
  readonly codecs: readonly string[];
  /** Custom codec at both ends, also toward stock peers. No other codec is offered then. */
  readonly transcode?: Codec;
  /** Largest frame that this end accepts. Unit: bytes */
  readonly maxFrameBytes: number;
  /**
   * Asks a Leader that refuses which process holds the port. A Leader answers only peers on its own machine. By default, asks
   * from the second registration on, after one was refused for want of a Leader.
   */
  readonly asksHolder?: boolean;
  /** Time after which the Leader is to give the reason why it has not accepted. Not above the time that is left. Unit: ms */
  readonly answerWithin?: number;
  /** Name of the client, for the server's methods and logs. */
  readonly clientId?: string | undefined;
}

/** Usual causes of a connection that ends before a registration is answered: no reason travels with the end of a connection. */
const CLOSED_UNANSWERED =
  'another program may be on that port, such as a server of pomelo-rpc, or the whitelist of the server lacks this address';

/** Registrations that were refused for want of a Leader. The next one asks why. */
const refusedBefore = new WeakSet<Registering>();

/** The result of a registration: how a Follower and its Leader talk from then on. */
export interface Agreement {
  readonly codec: Codec;
  /** Features that the Leader announced beyond the packets of cluster-client. */
  readonly features: readonly string[];
  /** Process that holds the port; undefined for a stock Leader. */
  readonly holder: PortHolder | undefined;
  /** Largest frame that the Leader accepts; undefined for a stock Leader, which announces none. Unit: bytes */
  readonly maxFrameBytes: number | undefined;
  /** Differs where another process, or another server of the process, holds the port; undefined for an older Leader. */
  readonly generation: string | undefined;
  /** True for a Leader that takes the name of the caller with each call. */
  readonly takesCallers: boolean;
  /** True for a Leader of cluster-client. */
  readonly isStock: boolean;
}

/** The error of a refusal, as it arrives. */
interface WireRefusal {
  readonly message?: unknown;
  readonly code?: unknown;
  /** The failure of the real client, for which the Leader refuses. */
  readonly cause?: unknown;
}

/** Agreement until the registration is answered. */
export const NO_AGREEMENT: Agreement = Object.freeze({
  codec: STOCK_CODEC,
  features: [],
  holder: undefined,
  maxFrameBytes: undefined,
  generation: undefined,
  takesCallers: false,
  isStock: false,
});

/** A Follower's registration on its channel: the first request on a connection, sent once. */
export class Registration {
  readonly #asked: Registering;
  readonly #onAgreed: (agreement: Agreement) => void;
  #settle: ((error: RpcError | undefined) => void) | undefined;
  #isOver = false;

  /** `onAgreed` is called before later bytes are read, which may arrive in one piece with the answer. */
  constructor(asked: Registering, onAgreed: (agreement: Agreement) => void) {
    this.#asked = asked;
    this.#onAgreed = onAgreed;
  }

  /** True once the Leader has accepted the registration. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Registers. Resolves when the Leader accepts; otherwise closes the connection and rejects as `Line.open` does. */
  begin(connection: Connection, pending: PendingCalls, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const {
      channel,
      codecs,
      transcode,
      maxFrameBytes,
      clientId,
      answerWithin = timeoutMs,
      asksHolder = refusedBefore.has(this.#asked),
    } = this.#asked;
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
      const request = new ControlRequest(
        'the registration',
        timeoutMs,
        (head, frame) => this.#onAnswer(head, frame, connection),
        (error) => connection.destroy(refused(this.#asked, error.message, error)),
      );
      const id = pending.add(request);
      const offered = transcode === undefined ? codecs : [transcode.name];
      const ext = { version: EXTENSION_VERSION, codecs: offered, features: FEATURES, maxFrameBytes };
      const asking = { ...ext, ...(asksHolder && { asksHolder }), ...(clientId !== undefined && { clientId }) };
      try {
        connection.send(REQUEST, id, Math.min(timeoutMs, answerWithin), registerHead(channel, asking));
      } catch (error) {
        connection.destroy(refused(this.#asked, messageOf(error), error));
      }
    });
  }

  /** Rejects a registration that is not answered: the connection has ended. */
  lost(reason: RpcError): void {
    if (reason.code !== RpcCode.ConnectionLost) return this.#settle?.(reason);
    this.#settle?.(refused(this.#asked, `${reason.message} before it answered; ${CLOSED_UNANSWERED}`, reason));
  }

  #onAnswer(head: Head, frame: FrameView, connection: Connection): void {
    let agreement: Agreement;
    try {
      agreement = readRegistration(head, frame, this.#asked);
    } catch (error) {
      return connection.destroy(error as RpcError);
    }
    this.#isOver = true;
    this.#onAgreed(agreement);
    this.#settle?.(undefined);
  }
}

/** Reads the answer. Throws {@link RpcCode.Register} for a refusal, and for an answer that is not valid. */
export function readRegistration(head: Head, { bytes, bodyStart, end }: FrameView, asked: Registering): Agreement {
  if (head.type !== 'register_channel_res') throw refused(asked, `answered with ${head.type}`);
  const stock = asked.transcode ?? STOCK_CODEC;
  let answer: unknown;
  try {
    answer = (head.ext === undefined ? stock : STOCK_CODEC).decode(bytes, bodyStart, end);
  } catch (error) {
    throw refused(asked, `answered with what cannot be decoded: ${messageOf(error)}`, error);
  }
  const { success, error } = (answer ?? {}) as { success?: unknown; error?: WireRefusal };
  if (success !== true) {
    const why = printable(messageOf(error?.message ?? 'no reason given'));
    // A stock Leader refuses only where its real client has failed, with the error of that client.
    const isStock = head.ext === undefined;
    const code = isStock ? RefusalCode.LeaderFailed : refusalCode(error?.code);
    if (code === RefusalCode.NoLeader) refusedBefore.add(asked);
    const cause = isStock ? error : error?.cause;
    throw refused(asked, why, code && fromWireError({ name: 'RpcError', message: why, code, cause }));
  }
  if (head.ext === undefined) return { ...NO_AGREEMENT, codec: stock, isStock: true };
  const codec = chosen(head.ext.codecs, asked);
  if (codec === undefined)
    throw refused(asked, `chose a codec that was not offered: ${printable(String(head.ext.codecs))}`);
  const { features, holder, maxFrameBytes, generation } = head.ext;
  const takesCallers = features.includes('caller');
  return { codec, features, holder, maxFrameBytes, generation, takesCallers, isStock: false };
}

function chosen(names: readonly string[], { codecs, transcode }: Registering): Codec | undefined {
  if (transcode !== undefined) return names[0] === transcode.name ? transcode : undefined;
  const codec = chooseCodec(names);
  return codec !== undefined && codecs.includes(codec.name) ? codec : undefined;
}

/** Reads the answer to a control request; undefined where the Leader did what was requested. */
export function readRefusal(
  what: string,
  head: Head,
  { bytes, bodyStart, end }: FrameView,
  codec: Codec,
): RpcError | undefined {
  if (head.type !== 'invoke_result' || head.success) return undefined;
  let why = 'no reason given';
  try {
    why = printable(messageOf(codec.decode(bytes, bodyStart, end)));
  } catch (error) {
    why = `with what cannot be decoded: ${messageOf(error)}`;
  }
  return new RpcError(RpcCode.Remote, `the Leader refused ${what}: ${why}`);
}

function refused({ endpoint, channel }: Registering, why: string, cause?: unknown): RpcError {
  const message = `${describeEndpoint(endpoint)} did not accept the registration on "${channel}": ${why}`;
  return new RpcError(RpcCode.Register, message, { cause });
}
