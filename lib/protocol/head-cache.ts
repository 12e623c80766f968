import type { Head } from './message.js';
import type { FrameView } from './packet.js';
import { parseHead } from './parse-head.js';

/** Heads kept for a connection, and the longest one worth keeping: some 400 KiB at the most, whatever the peer sends. */
const MAX_HEADS = 512;
const MAX_KEPT_BYTES = 256;

/**
 * The types that come again and again. The others come once, or hold what is not frozen: a subscription's `reg` is
 * handed to the user's client, which may change its own copy and not the next one's.
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
]);

interface KnownHead {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

/**
 * Decodes heads, and remembers them: a method's head has the same bytes at every call, so it is parsed once and
 * afterwards found by comparing bytes with the last one, or else by a look-up. What it returns is frozen and shared.
 */
export class HeadCache {
  readonly #byText = new Map<string, KnownHead>();
  #last: KnownHead | undefined;

  decode(frame: FrameView): Head {
    const { bytes, headStart, bodyStart } = frame;
    if (this.#last !== undefined && isSame(this.#last.bytes, bytes, headStart, bodyStart)) return this.#last.head;

    if (bodyStart - headStart > MAX_KEPT_BYTES) return parseHead(bytes.toString('utf8', headStart, bodyStart));
    // latin1 keeps every byte apart and is the cheapest text to make; as a key it needs no more.
    const key = bytes.toString('latin1', headStart, bodyStart);
    let known = this.#byText.get(key);
    if (known === undefined) {
      const head = parseHead(bytes.toString('utf8', headStart, bodyStart));
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
  // From the end: heads of two methods begin alike.
  for (let i = length - 1; i >= 0; i--) if (last[i] !== bytes[start + i]) return false;
  return true;
}
