import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../protocol/codecs.js';
import type { Extension, Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';

/** Where and as what a Follower registers. */
export interface Registering {
  readonly host: string;
  readonly port: number;
  /** The channel to register on: a server's id, or a shared client's name. */
  readonly channel: string;
  /** Codec names to offer, the preferred one first. */
  readonly codecs: readonly string[];
}

/** What was agreed on with a Leader. */
export interface Agreement {
  readonly codec: Codec;
  /** What the Leader said of itself; undefined for a stock one. */
  readonly leader: Extension | undefined;
}

/** Throws {@link RpcCode.Register} when the answer is a refusal, or none that makes sense. */
export function readRegistration(head: Head, { bytes, bodyStart, end }: FrameView, asked: Registering): Agreement {
  if (head.type !== 'register_channel_res') throw refused(asked, `answered with ${head.type}`);
  let answer: unknown;
  try {
    answer = STOCK_CODEC.decode(bytes, bodyStart, end);
  } catch (error) {
    throw refused(asked, `answered with what cannot be decoded: ${messageOf(error)}`, error);
  }
  const { success, error } = (answer ?? {}) as { success?: unknown; error?: { message?: unknown } };
  if (success !== true) throw refused(asked, String(error?.message ?? 'no reason given'));
  if (head.ext === undefined) return { codec: STOCK_CODEC, leader: undefined };
  const codec = chooseCodec(head.ext.codecs);
  if (codec === undefined || !asked.codecs.includes(codec.name)) {
    throw refused(asked, `chose a codec that was not offered: ${head.ext.codecs}`);
  }
  return { codec, leader: head.ext };
}

export function refused({ host, port, channel }: Registering, why: string, cause?: unknown): RpcError {
  const message = `${host}:${port} did not accept the registration on "${channel}": ${why}`;
  return new RpcError(RpcCode.Register, message, { cause });
}
