import type { Head } from '../../../lib/protocol/message.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { readUtf8 } from '../raw-bytes.js';
import { parseHead } from './parse-head.js';

/** Decodes heads. A page gets few, and remembers none. */
export class HeadCache {
  decode({ bytes, headStart, bodyStart }: FrameView): Head {
    return parseHead(readUtf8(bytes, headStart, bodyStart));
  }
}
