import type { PeerCertificate } from '../identity.js';
import type { RawBytes } from '../raw-bytes.js';

/** Receiver of a stream's events. {@link ByteStream.open} sets the handler once; no event comes before. */
export interface StreamHandler {
  /** The memory of the chunk may be used again when this returns. */
  onData(chunk: RawBytes): void;
  /** Called by a stream of messages: so many bytes of a message have arrived, and wait for the rest. */
  onPartial?(bytes: number): void;
  /** Called when queued bytes have left and the stream accepts more, after a `write` that returned false. */
  onDrain(): void;
  /** Called exactly once, as the last event. `error` is undefined when the peer ended the stream in order. */
  onClose(error: Error | undefined): void;
}

/** Facts about the other end that the transport itself knows. What a peer says of itself is none of them. */
export interface StreamFacts {
  /** Origin of the web page that connected, as its browser says. Undefined for a peer that is no browser. */
  readonly origin?: string;
  /** Certificate of the other end, where the transport has verified one. */
  readonly certificate?: PeerCertificate;
  /**
   * Returns key material that only the two ends of this very connection have (TLS exporter, label `EXPORTER-mailstation`, 32 bytes).
   * Missing for a transport without TLS.
   */
  readonly binding?: () => Uint8Array;
  /** Reason for which the transport refuses an accepted peer. The peer is told, and nothing of the peer is read. */
  readonly refusal?: string;
}

/**
 * Bytes in order in both directions, over any transport: a TCP socket, a WebSocket. Bytes that were written in one piece may
 * arrive in several.
 */
export interface ByteStream {
  /** Name of the other end, for messages: `127.0.0.1:3333`, `ws://127.0.0.1:3333`. */
  readonly peer: string;
  /** Address of the other end, without a port: `127.0.0.1`, `::1`; for a dialled stream, the host that was dialled. */
  readonly address: string;
  /** Undefined where the transport knows none. */
  readonly facts?: StreamFacts | undefined;
  /** Bytes that were written and that the operating system has not taken. At 0, the stream holds none of the written buffers. */
  readonly pendingBytes: number;
  /** Sets the receiver of events. No event comes before this call returns, and bytes that came earlier are not lost. */
  open(handler: StreamHandler): void;
  /** False when the stream accepts no more until {@link StreamHandler.onDrain}. The given bytes are sent in either case. */
  write(bytes: RawBytes): boolean;
  /** Stops {@link StreamHandler.onData}; once the buffers between the two ends are full, the peer's writes block. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then ends the stream in order. */
  end(): void;
  /** Ends the stream at once. Bytes that were not sent are lost. */
  destroy(): void;
}
