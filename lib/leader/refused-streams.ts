import { STOCK_CODEC } from '../protocol/codecs.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import { registerResHead } from '../protocol/message.js';
import { DEFAULT_MAX_FRAME_BYTES, RESPONSE } from '../protocol/packet.js';
import { RefusalCode } from '../protocol/refusal.js';
import { ANSWER_TIMEOUT_MS, REFUSAL } from '../serving/answer-writer.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { ByteStream } from '../transport/byte-stream.js';

/** Id of a Follower's first request, the registration. */
const FIRST_REQUEST = 1;
/** Time for a refused peer to read the reason. Unit: ms */
const READ_MS = 1_000;
/** Refused peers at the same time. One more evicts the oldest. */
const MAX_REFUSED = 100;

/**
 * Peers that the transport refuses. Each gets the refusal of its registration, which it need not have sent, and is disconnected.
 * Nothing that such a peer sends is read as a packet.
 */
export class RefusedStreams {
  readonly #onRefused: (peer: string, why: string) => void;
  readonly #open = new Map<ByteStream, NodeJS.Timeout>();

  /** `onRefused` gets the name of each peer, and the reason. */
  constructor(onRefused: (peer: string, why: string) => void) {
    this.#onRefused = onRefused;
  }

  /** Refuses the peer of a stream where the transport has a reason. */
  take(stream: ByteStream): boolean {
    const { refusal } = stream.facts ?? {};
    if (refusal !== undefined) this.#refuse(stream, refusal);
    return refusal !== undefined;
  }

  destroy(): void {
    for (const stream of this.#open.keys()) this.#end(stream);
  }

  #refuse(stream: ByteStream, why: string): void {
    this.#onRefused(stream.peer, why);
    const timer = setTimeout(() => this.#end(stream), READ_MS).unref();
    this.#open.set(stream, timer);
    stream.open({ onData() {}, onDrain() {}, onClose: () => this.#end(stream) });
    stream.write(refusalFrame(why));
    stream.end();
    const [oldest = stream] = this.#open.keys();
    if (this.#open.size > MAX_REFUSED) this.#end(oldest);
  }

  #end(stream: ByteStream): void {
    clearTimeout(this.#open.get(stream));
    this.#open.delete(stream);
    stream.destroy();
  }
}

function refusalFrame(message: string): Buffer {
  const out = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
  const error = { name: 'RpcError', message, code: RefusalCode.Certificate };
  out.begin(RESPONSE, FIRST_REQUEST, ANSWER_TIMEOUT_MS, registerResHead(REFUSAL));
  STOCK_CODEC.encode({ success: false, error }, out);
  out.commit();
  const parts: Buffer[] = [];
  out.take((bytes) => void parts.push(Buffer.from(bytes)));
  return Buffer.concat(parts);
}
