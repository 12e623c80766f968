import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../protocol/codecs.js';
import type { Head, PortHolder } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { AUTH_REFUSALS, RefusalCode, refusalCode } from '../protocol/refusal.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import { printable } from '../quoted.js';
import type { Term } from '../term.js';
import { fromWireError } from '../wire-errors.js';
import { type Registering, refused, staleLeader, unauthenticated } from './registering.js';

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
  /** Term of a Leader that an election has made one. */
  readonly term?: Term | undefined;
  /** How far an upload may be ahead of its method there. Undefined: the Leader takes no uploads. */
  readonly uploads: StreamWindow | undefined;
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
  uploads: undefined,
  takesCallers: false,
  isStock: false,
});

/** Registrations that were refused for want of a Leader. The next one asks why. */
const refusedBefore = new WeakSet<Registering>();

/** True where an earlier registration with these parameters was refused for want of a Leader. */
export function wasRefused(asked: Registering): boolean {
  return refusedBefore.has(asked);
}

/**
 * Reads the answer. Throws {@link RpcCode.Register} for a refusal, and for an answer that is not valid; {@link RpcCode.StaleLeader} for
 * a Leader whose term is over.
 */
export function readRegistration(head: Head, frame: FrameView, asked: Registering): Agreement {
  if (head.type !== 'register_channel_res') throw refused(asked, `answered with ${head.type}`);
  const stock = asked.transcode ?? STOCK_CODEC;
  const answer = decodeAnswer(head.ext === undefined ? stock : STOCK_CODEC, frame, asked);
  if (answer.success !== true && head.ext?.holder !== undefined) asked.onHolder?.(head.ext.holder);
  if (answer.success !== true) throw refusalOf(answer.error, head.ext === undefined, asked);
  if (head.ext === undefined) return { ...NO_AGREEMENT, codec: stock, isStock: true };
  const codec = chosen(head.ext.codecs, asked);
  if (codec === undefined)
    throw refused(asked, `chose a codec that was not offered: ${printable(String(head.ext.codecs))}`);
  const { features, holder, maxFrameBytes, generation, term, stream: uploads } = head.ext;
  const whyStale = term && asked.terms?.take(asked.channel, term);
  if (whyStale !== undefined) throw staleLeader(asked, whyStale);
  const takesCallers = features.includes('caller');
  const terms = { codec, features, holder, maxFrameBytes, generation, uploads, takesCallers, isStock: false };
  return term === undefined ? terms : { ...terms, term };
}

/**
 * The error of a Leader that answers the offer of a proof with anything but its own proof. The text of such a peer is left out: a
 * program that has taken the port could write any.
 */
export function unproven(head: Head, frame: FrameView, asked: Registering): RpcError {
  const code = refusalIn(head, frame);
  const wire = code && fromWireError({ name: 'RpcError', message: 'the registration was refused', code });
  if (code !== undefined && AUTH_REFUSALS.includes(code)) {
    const why = 'the Leader knows none of the secrets of this end; give both ends the same `secret`';
    return unauthenticated(asked, why, wire);
  }
  const why =
    'the Leader did not prove that it knows the `secret` of this end; the Leader has no such option, or another program has taken the place';
  return unauthenticated(asked, why, wire);
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

interface Answer {
  readonly success?: unknown;
  readonly error?: WireRefusal;
}

function decodeAnswer(codec: Codec, { bytes, bodyStart, end }: FrameView, asked: Registering): Answer {
  try {
    return (codec.decode(bytes, bodyStart, end) ?? {}) as Answer;
  } catch (error) {
    throw refused(asked, `answered with what cannot be decoded: ${messageOf(error)}`, error);
  }
}

function refusalOf(error: WireRefusal | undefined, isStock: boolean, asked: Registering): RpcError {
  const why = printable(messageOf(error?.message ?? 'no reason given'));
  // A stock Leader refuses only where its real client has failed, with the error of that client.
  const code = isStock ? RefusalCode.LeaderFailed : refusalCode(error?.code);
  if (code === RefusalCode.NoLeader) refusedBefore.add(asked);
  if (code === RefusalCode.Certificate) return refused(asked, why, new RpcError(RpcCode.Certificate, why));
  const cause = code && fromWireError({ name: 'RpcError', message: why, code, cause: isStock ? error : error?.cause });
  return code !== undefined && AUTH_REFUSALS.includes(code)
    ? unauthenticated(asked, why, cause)
    : refused(asked, why, cause);
}

/** The code of a refusal of a mailstation peer; undefined for any other answer. */
function refusalIn(head: Head, { bytes, bodyStart, end }: FrameView): RefusalCode | undefined {
  if (head.type !== 'register_channel_res' || head.ext === undefined) return undefined;
  try {
    const answer = (STOCK_CODEC.decode(bytes, bodyStart, end) ?? {}) as Answer;
    return answer.success === true ? undefined : refusalCode(answer.error?.code);
  } catch {
    return undefined;
  }
}

function chosen(names: readonly string[], { codecs, transcode }: Registering): Codec | undefined {
  if (transcode !== undefined) return names[0] === transcode.name ? transcode : undefined;
  const codec = chooseCodec(names);
  return codec !== undefined && codecs.includes(codec.name) ? codec : undefined;
}
