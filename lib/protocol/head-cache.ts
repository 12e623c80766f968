import { readLatin1, readUtf8 } from '../raw-bytes.js';
import type { Head } from './message.js';
import type { FrameView } from './packet.js';
import { parseHead } from './parse-head.js';

/** Number of heads that are kept for a connection, and the longest head that is kept: about 400 KiB at most, whatever a peer sends. */
const MAX_HEADS = 512;
const MAX_KEPT_BYTES = 256;

/**
 * Types of heads that repeat. Other heads come once, or hold a value that is not frozen: the `reg` of a subscription is handed
 * to the user's client, which may change its copy, but not the copy of the next subscription.
 */
const REPEATING: ReadonlySet<Head['type']> = new Set<Head['type']>([
  'invoke',
  'relay',
  'invoke_result',
  'subscribe_result',
  'subscribe_result_res',
  'heartbeat',
  'heartbeat_res',
  'progress',
  'cancel',
  'stream_items',
  'stream_credit',
  'stream_received',
  'stream_end',
  'stream_stop',
]);

interface KnownHead {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

/**
 * Decodes heads, and remembers them. A method's head has the same bytes at every call, so the head is parsed once, and found
 * afterwards by comparison with the last head, or else by a look-up. Returned heads are frozen and shared.
 */
export class HeadCache {
  readonly #byText = new Map<string, KnownHead>();
  #last: KnownHead | undefined;

  decode(frame: FrameView): Head {
    const { bytes, headStart, bodyStart } = frame;
    if (this.#last !== undefined && isSame(this.#last.bytes, bytes, headStart, bodyStart)) return this.#last.head;

    if (bodyStart - headStart > MAX_KEPT_BYTES) return parseHead(readUtf8(bytes, headStart, bodyStart));
    // latin1 maps each byte to a character, and is the cheapest text to make: enough for a key.
    const key = readLatin1(bytes, headStart, bodyStart);
    let known = this.#byText.get(key);
    if (known === undefined) {
      const head = parseHead(readUtf8(bytes, headStart, bodyStart));
      if (!REPEATING.has(head.type)) return head;
      known = { head, bytes: Uint8Array.prototype.slice.call(bytes, headStart, bodyStart) };
      if (this.#byText.size >= MAX_HEADS) this.#byText.clear();
      this.#byText.set(key, known);
    }
    this.#last = known;
    return known.head;
  }
}

function isSame(last: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (last.length !== length) return false;
  // From the end, since heads of two methods begin alike.
  for (let i = length - 1; i >= 0; i--) if (last[i] !== bytes[start + i]) return false;
  return true;
}
