import type { Endpoint } from '../endpoint.js';

/** Receiver of a stream's events. {@link ByteStream.open} sets the handler once; no event comes before. */
export interface StreamHandler {
  onData(chunk: Buffer): void;
  /** Called by a stream of messages: so many bytes of a message have arrived, and wait for the rest. */
  onPartial?(bytes: number): void;
  /** Called when queued bytes have left and the stream accepts more, after a `write` that returned false. */
  onDrain(): void;
  /** Called exactly once, as the last event. `error` is undefined when the peer ended the stream in order. */
  onClose(error: Error | undefined): void;
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
  /** Bytes that were written and that the operating system has not taken. At 0, the stream holds none of the written buffers. */
  readonly pendingBytes: number;
  /** Sets the receiver of events. No event comes before this call returns, and bytes that came earlier are not lost. */
  open(handler: StreamHandler): void;
  /** False when the stream accepts no more until {@link StreamHandler.onDrain}. The given bytes are sent in either case. */
  write(bytes: Buffer): boolean;
  /** Stops {@link StreamHandler.onData}; once the buffers between the two ends are full, the peer's writes block. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then ends the stream in order. */
  end(): void;
  /** Ends the stream at once. Bytes that were not sent are lost. */
  destroy(): void;
}

/** A listening end. */
export interface Listener {
  /** Endpoint in use: the port is the system's choice where 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Accepts no more streams; accepted streams stay open. Resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Connections that the system queues until this process accepts them; the system's own limit (4,096 on Linux) holds. With
 * Node's default of 511, a thousand callers that connect at once to a server that took over wait a second for the retry of
 * a dropped packet.
 */
export const LISTEN_BACKLOG = 4_096;

/** Options for listening that every transport has. */
export interface ListenOptions {
  /** Called with each accepted stream; must call {@link ByteStream.open} before it returns. */
  onStream(stream: ByteStream): void;
  /** Called when a listener fails that was listening, for example for lack of file descriptors. The listener stays open. */
  onError(error: Error): void;
}

/** Options for dialling that every transport has. */
export interface DialOptions {
  /** Gives up when the signal aborts: no stream opens, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
}
