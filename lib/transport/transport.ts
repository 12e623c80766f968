import type { Endpoint } from '../endpoint.js';
import type { TransportName } from '../server-info.js';
import type { ByteStream } from './byte-stream.js';
import type { HttpServer } from './http-server.js';
import type { ClientTls } from './tls-dial.js';
import type { TlsMaterial } from './tls-material.js';

/**
 * A transport: how streams of bytes are dialled, and how they are accepted. Each transport is one object, in a file of its name.
 * The tests in test/transport/conformance hold every transport to this contract.
 */
export interface Transport<Name extends TransportName = TransportName> {
  /**
   * Connects. Rejects with the system's error (ECONNREFUSED, ENOTFOUND ...), or with an error that says what the other end
   * answered in place of this transport's handshake.
   */
  dial(endpoint: Endpoint<Name>, options: DialOptions): Promise<ByteStream>;
  /**
   * Listens at exactly this endpoint, and shares the endpoint with no other process, not even with a sibling under
   * `node:cluster`. Rejects with the system's error, and with EADDRINUSE where another listener has the endpoint.
   */
  listen(endpoint: Endpoint<Name>, options: ListenOptions): Promise<Listener>;
}

/** Options for dialling. Each transport takes those that concern it. */
export interface DialOptions {
  /** Gives up when the signal aborts: no stream opens, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Largest frame that is accepted; bounds what a transport of messages collects by itself. Unit: bytes. @default 4 MiB */
  readonly maxFrameBytes?: number;
  /** Certificate of this end, and the rules for that of the server. @default no certificate, and the authorities of Node.js */
  readonly tls?: ClientTls | undefined;
}

/** Options for listening. Each transport takes those that concern it. */
export interface ListenOptions {
  /** Called with each accepted stream; must call {@link ByteStream.open} before it returns. */
  onStream(stream: ByteStream): void;
  /** Called when a listener fails that was listening, for example for lack of file descriptors. The listener stays open. */
  onError(error: Error): void;
  /** Called for a connection that was closed before `onStream`. `why` holds text of the peer only in quotes. */
  onRefused?(peer: string, why: string): void;
  /** Called once for certificate files that have changed and cannot be used. The former certificate stays in use. */
  onReloadFailed?(error: Error): void;
  /** Time that a connection may take for the handshake of the transport. Unit: ms */
  readonly handshakeTimeout: number;
  /** Connections that may be in their handshakes at the same time. Past this bound the oldest is evicted. @default unlimited */
  readonly maxHandshakes?: number;
  /** Largest frame that is accepted; see {@link DialOptions.maxFrameBytes}. */
  readonly maxFrameBytes?: number;
  /** Mode of the file of a unix socket. @default 0o600 */
  readonly socketMode?: number;
  /** HTTP server of the program that listens in the place of one of the transport's own. Only for WebSockets. */
  readonly httpServer?: HttpServer | undefined;
  /** Web pages that may connect, by origin. @default none */
  readonly allowedOrigins?: readonly string[];
  /** Certificate of this end, and the rules for those of peers. Needed by the transports over TLS. */
  readonly tls?: TlsMaterial | undefined;
}

/** A listening end. */
export interface Listener {
  /** Endpoint in use: the port is the system's choice where 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Accepts no more streams; accepted streams stay open. Resolves when the endpoint is free. */
  close(): Promise<void>;
}

/**
 * Connections that the system queues until this process accepts them; the system's own limit (4,096 on Linux) holds. With
 * Node's default of 511, a thousand callers that connect at once to a server that took over wait a second for the retry of
 * a dropped packet.
 */
export const LISTEN_BACKLOG = 4_096;
