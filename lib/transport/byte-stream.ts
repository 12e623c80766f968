import type { Endpoint } from '../endpoint.js';

/** What a stream tells its user. Set once, by {@link ByteStream.open}; nothing is told before. */
export interface StreamHandler {
  onData(chunk: Buffer): void;
  /** Bytes that had piled up have left: write on. Follows a `write` that returned false. */
  onDrain(): void;
  /** Exactly once, and last. `error` is undefined when the peer ended the stream in order. */
  onClose(error: Error | undefined): void;
}

/**
 * Bytes in order in both directions, whatever carries them: a TCP socket, a WebSocket. What is written as one piece
 * may arrive in any pieces.
 */
export interface ByteStream {
  /** The other end, for messages: `127.0.0.1:3333`, `ws://127.0.0.1:3333`. */
  readonly peer: string;
  /** Written and not yet taken by the operating system. At 0, the stream holds none of the written buffers any more. */
  readonly pendingBytes: number;
  /** Nothing is told before this has returned, and nothing that came earlier is lost. */
  open(handler: StreamHandler): void;
  /** False when the stream wants no more until {@link StreamHandler.onDrain}; what was given is kept all the same. */
  write(bytes: Buffer): boolean;
  /** Stops and resumes {@link StreamHandler.onData}, and with it, in time, the peer's writing. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then ends the stream in order. */
  end(): void;
  /** Ends at once; what was not sent is lost. */
  destroy(): void;
}

/** A listening end. */
export interface Listener {
  /** The endpoint in use: its port is the system's choice where 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Accepts no more; the streams that were accepted live on. Resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Connections that the system keeps until we accept them; its own limit (4,096 on Linux) holds. With Node's 511, a
 * thousand callers that come at once to a server that has taken over wait a second for the retry of a dropped packet.
 */
export const LISTEN_BACKLOG = 4_096;

/** Options for listening that every transport has. */
export interface ListenOptions {
  /** Called with each accepted stream; must call its `open` before it returns. */
  onStream(stream: ByteStream): void;
  /** The listener failed after it had listened (out of file descriptors, for one); it still listens. */
  onError(error: Error): void;
}

/** Options for dialling that every transport has. */
export interface DialOptions {
  /** Gives up when aborted: the stream never opens and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
}
