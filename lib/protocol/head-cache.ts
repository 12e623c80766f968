import type { FrameView } from './packet.js';
import { type Head, parseHead } from './message.js';

/** Heads kept, and the longest one worth keeping: at most 0.5 MiB in all, whatever the peers send. */
const MAX_HEADS = 1024;
const MAX_KEPT_BYTES = 512;

/**
 * Decodes heads, and remembers them: a method's head has the same bytes at every call, so it is parsed once and
 * afterwards found by comparing bytes with the last one, or else by a look-up. What it returns is frozen and shared.
 */
export class HeadCache {
  readonly #byText = new Map<string, Head>();
  #last: Head | undefined;
  #lastBytes: Uint8Array = new Uint8Array(0);

  decode(frame: FrameView): Head {
    const { bytes, headStart, bodyStart } = frame;
    if (this.#last !== undefined && this.#isLast(bytes, headStart, bodyStart)) return this.#last;

    // latin1 keeps every byte apart and is the cheapest text to make; as a key it needs no more.
    const key = bytes.toString('latin1', headStart, bodyStart);
    let head = this.#byText.get(key);
    if (head === undefined) {
      head = parseHead(bytes.toString('utf8', headStart, bodyStart));
      if (key.length > MAX_KEPT_BYTES) return head;
      if (this.#byText.size >= MAX_HEADS) this.#byText.clear();
      this.#byText.set(key, head);
    }
    this.#last = head;
    this.#lastBytes = Uint8Array.prototype.slice.call(bytes, headStart, bodyStart);
    return head;
  }

  #isLast(bytes: Uint8Array, start: number, end: number): boolean {
    const last = this.#lastBytes;
    const length = end - start;
    if (last.length !== length) return false;
    // From the end: heads of two methods begin alike.
    for (let i = length - 1; i >= 0; i--) if (last[i] !== bytes[start + i]) return false;
    return true;
  }
}
