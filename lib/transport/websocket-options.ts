import { DEFAULT_MAX_FRAME_BYTES } from '../protocol/packet.js';

/** Longest message. A longer write leaves in several messages, so that the two ends need not agree on a length. Unit: bytes */
export const MESSAGE_BYTES = 64 * 1024;
/** Largest limit that ws knows: ws keeps the number in 32 bits, and takes a larger number for no limit. */
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;
/**
 * Options of ws. Compression costs more than it saves between processes, and binary messages need no UTF-8 checks. ws hands
 * on whole messages: the messages of this package are short, but another peer may send a frame as one message.
 */
export function wsOptions(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES) {
  const maxPayload = Math.min(MAX_PAYLOAD_BYTES, Math.max(maxFrameBytes, MESSAGE_BYTES));
  return { perMessageDeflate: false, skipUTF8Validation: true, maxPayload };
}
