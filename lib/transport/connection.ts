import { debug } from '../diagnostics.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import { Framer } from '../protocol/framer.js';
import { HeadCache } from '../protocol/head-cache.js';
import { type FrameView, type PacketKind, REQUEST } from '../protocol/packet.js';
import type { ByteStream, StreamHandler } from './byte-stream.js';
import type { ConnectionHandler, ConnectionOptions } from './connection-contract.js';
import { CONNECTION_TRANSITIONS, type ConnectionState } from './connection-state.js';
import { EarlyFlush } from './early-flush.js';

const NO_BODY: Uint8Array = Buffer.alloc(0);

/** How long an orderly end may take when nothing is left to be written: a live peer ends its own side within its tick. */
const END_TIMEOUT_MS = 2_000;

/**
 * Answers may queue so many times more than requests: a request can be refused without harm, an answer cannot, and what
 * is asked for is bounded by not reading while the stream is blocked.
 */
const ANSWERS_MAY_QUEUE = 8;

/** An end in order, from `end()` on. */
interface Ending {
  readonly reason: RpcError;
  readonly timer: NodeJS.Timeout;
}

/**
 * Frames over a byte stream: one contiguous write a tick with adaptive early flushes, backpressure, bounds, and one
 * reason for the end.
 *
 * To send a frame, call `begin`, write the body to the writer that it returns, and call `commit`, or `rollback` after a
 * failure.
 */
export class Connection {
  readonly peer: string;
  readonly #stream: ByteStream;
  readonly #handler: ConnectionHandler;
  readonly #options: ConnectionOptions;
  readonly #writer: FrameWriter;
  readonly #framer: Framer;
  readonly #heads = new HeadCache();
  readonly #earlyFlush = new EarlyFlush();
  readonly #lifecycle = new Lifecycle<ConnectionState>('open', CONNECTION_TRANSITIONS, (to, _from, reason) =>
    this.#onMove(to, reason as RpcError | undefined),
  );
  #ending: Ending | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #isFlushScheduled = false;
  #received = 0;
  #committed = 0;
  /** Bytes given to the stream. */
  #written = 0;
  #handed = 0;

  constructor(stream: ByteStream, handler: ConnectionHandler, options: ConnectionOptions) {
    this.peer = stream.peer;
    this.#stream = stream;
    this.#handler = handler;
    this.#options = options;
    this.#writer = new FrameWriter(options.maxFrameBytes);
    this.#framer = new Framer(options.maxFrameBytes, (frame) => this.#onFrame(frame));
    const streamHandler: StreamHandler = {
      onData: (chunk) => this.#onData(chunk),
      onDrain: () => this.#onDrain(),
      onClose: (error) => this.#onStreamClose(error),
    };
    stream.open(streamHandler);
  }

  get isClosed(): boolean {
    return this.#lifecycle.state === 'closed';
  }

  /** False from the first call of `end` or `destroy` on, or once the stream has ended: nothing is sent then. */
  get isOpen(): boolean {
    const { state } = this.#lifecycle;
    return state === 'open' || state === 'blocked';
  }

  /** Frames committed so far: the number of the latest one. */
  get committedFrames(): number {
    return this.#committed;
  }

  /** Frames given to the stream so far. One with a higher number has certainly not left this process. */
  get handedFrames(): number {
    return this.#handed;
  }

  /** Frames received whole. */
  get receivedFrames(): number {
    return this.#received;
  }

  /** The peer takes no larger frames than this; undefined: it did not say. */
  limitFrames(bytes: number | undefined): void {
    if (bytes !== undefined) this.#writer.limitFrames(bytes);
  }

  get queuedBytes(): number {
    return this.#writer.pendingBytes + this.#stream.pendingBytes;
  }

  /** The stream wants no more for now: the peer does not read as fast as we write. */
  get isBlocked(): boolean {
    const { state } = this.#lifecycle;
    return state === 'blocked' || state === 'flushing';
  }

  /** As many bytes wait as requests may queue. */
  get isFull(): boolean {
    return this.#canPileUp && this.queuedBytes > this.#options.maxQueuedBytes;
  }

  /** Bytes that the system has taken for the peer so far: while we are blocked, its growth is the peer's reading. */
  get takenBytes(): number {
    return this.#written - this.#stream.pendingBytes;
  }

  /** True while a peer has sent a part of a frame only. */
  get isMidFrame(): boolean {
    return this.#framer.isMidFrame;
  }

  /**
   * Throws {@link RpcCode.QueueFull} when `maxQueuedBytes` wait already, {@link RpcCode.Closed} when there is no
   * sending any more, and {@link RpcCode.Encode} within another frame: a `toJSON` or a getter among the arguments has
   * made a call of its own.
   */
  begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): FrameWriter {
    const limit = kind === REQUEST ? this.#options.maxQueuedBytes : this.#options.maxQueuedBytes * ANSWERS_MAY_QUEUE;
    if (this.#canPileUp && this.queuedBytes > limit) throw this.#queueFull(limit);
    this.#begin(kind, id, timeoutMs, head);
    return this.#writer;
  }

  /** Throws {@link RpcCode.FrameTooLarge}. */
  commit(): void {
    this.#writer.commit();
    this.#committed += 1;
    if (this.#options.flushInterval === 0 && this.#earlyFlush.isDue(this.#committed - this.#handed)) this.#flush();
    else if (!this.#isFlushScheduled) this.#scheduleFlush();
  }

  rollback(): void {
    this.#writer.rollback();
  }

  /**
   * A frame of the connection's own, such as a heartbeat: not refused by a full queue, and nothing once there is no sending
   * any more; but past what even answers may queue the connection is destroyed. Throws {@link RpcCode.FrameTooLarge}.
   */
  send(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array, body = NO_BODY): void {
    if (!this.isOpen) return;
    const limit = this.#options.maxQueuedBytes * ANSWERS_MAY_QUEUE;
    // A peer that asks for heartbeats and never reads their answers.
    if (this.isBlocked && this.queuedBytes > limit) return this.destroy(this.#queueFull(limit));
    this.#begin(kind, id, timeoutMs, head);
    try {
      if (body.length > 0) this.#writer.append(body, 0, body.length);
      this.commit();
    } catch (error) {
      this.rollback();
      throw error;
    }
    // What keeps a connection alive does not wait for calls to be gathered.
    if (this.#options.flushInterval > 0) this.#flush();
  }

  /**
   * Writes what is queued, then ends the stream in order. Frames that still come in are handed on until it has ended.
   * A peer that does not read what is left has `timeoutMs` for it; then the stream is destroyed.
   */
  end(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move(this.isBlocked ? 'flushing' : 'ending')) return;
    this.#flush(); // all of it, also to a stream that wants no more: nothing is queued after it
    if (this.isClosed) return;
    const wait = this.#stream.pendingBytes > 0 ? timeoutMs : Math.min(timeoutMs, END_TIMEOUT_MS);
    this.#ending = { reason, timer: setTimeout(() => this.destroy(reason), wait) };
    this.#stream.end();
  }

  /** Ends at once. The handler's `onClosed` is called before this returns, unless it was called before. */
  destroy(reason: RpcError): void {
    if (this.isClosed) return;
    try {
      this.#lifecycle.move('closed', this.#ending?.reason ?? reason);
    } finally {
      this.#stream.destroy();
    }
  }

  /** Otherwise what is committed leaves with the early flushes, within the tick. */
  get #canPileUp(): boolean {
    return this.isBlocked || this.#options.flushInterval > 0;
  }

  #begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): void {
    if (!this.isOpen) throw notSent(RpcCode.Closed, `the connection to ${this.peer} is closed`);
    if (this.#writer.isMidFrame)
      throw notSent(RpcCode.Encode, 'a call was made while the arguments of another were being encoded');
    this.#writer.begin(kind, id, timeoutMs, head);
  }

  #queueFull(limit: number): RpcError {
    const what = `${this.queuedBytes} bytes wait to be written to ${this.peer} already`;
    return notSent(RpcCode.QueueFull, `${what}; maxQueuedBytes allows ${limit}`);
  }

  #scheduleFlush(): void {
    this.#isFlushScheduled = true;
    if (this.#options.flushInterval > 0) this.#flushTimer = setTimeout(this.#flushQueue, this.#options.flushInterval);
    else process.nextTick(this.#flushQueue);
  }

  /** The end of a tick, or of the interval. */
  readonly #flushQueue = (): void => {
    this.#isFlushScheduled = false;
    if (!this.isOpen) return;
    this.#flush();
    this.#earlyFlush.tickEnded();
    if (this.#options.flushInterval > 0 && !this.isBlocked) this.#handler.onDrained();
  };

  #flush(): void {
    if (this.#lifecycle.state === 'blocked') return;
    this.#earlyFlush.wrote(this.#committed - this.#handed);
    this.#handed = this.#committed;
    this.#writer.take(this.#write);
    // The kernel took it all, so the slab can be written again from its start: no garbage at all in the usual case.
    if (this.#stream.pendingBytes === 0) this.#writer.recycle();
  }

  readonly #write = (bytes: Buffer): void => {
    this.#written += bytes.length;
    if (!this.#stream.write(bytes)) this.#lifecycle.move(this.isOpen ? 'blocked' : 'flushing');
  };

  #onDrain(): void {
    if (!this.isBlocked) return;
    if (this.#lifecycle.move('open')) this.#flush();
    else this.#lifecycle.move('ending');
    if (this.isBlocked || this.isClosed) return;
    if (this.#options.pauseWhenBlocked) this.#stream.resume();
    this.#handler.onDrained();
  }

  #onMove(to: ConnectionState, reason: RpcError | undefined): void {
    if ((to === 'blocked' || to === 'flushing') && this.#options.pauseWhenBlocked) this.#stream.pause();
    if (to !== 'closed' || reason === undefined) return;
    debug.connection('%s closed: %s', this.peer, reason.message);
    this.#framer.stop();
    clearTimeout(this.#ending?.timer);
    clearTimeout(this.#flushTimer);
    this.#handler.onClosed(reason);
  }

  #onData(chunk: Buffer): void {
    if (this.isClosed) return;
    this.#handler.onActivity();
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.destroy(error instanceof RpcError ? error : protocolError(this.peer, error));
    }
  }

  #onFrame(frame: FrameView): void {
    this.#received += 1;
    const head = this.#heads.decode(frame);
    if (frame.kind === REQUEST) this.#handler.onRequest(head, frame);
    else this.#handler.onResponse(head, frame);
  }

  #onStreamClose(error: Error | undefined): void {
    if (this.isClosed) return;
    const how = error === undefined ? 'the peer closed it' : error.message;
    const lost = new RpcError(RpcCode.ConnectionLost, `connection to ${this.peer} lost: ${how}`, { cause: error });
    this.#lifecycle.move('closed', this.#ending?.reason ?? lost);
  }
}

function notSent(code: RpcCode, message: string): RpcError {
  return new RpcError(code, message, { delivery: 'not-sent' });
}

function protocolError(peer: string, cause: unknown): RpcError {
  return new RpcError(RpcCode.Protocol, `${peer}: ${toError(cause).message}`, { cause });
}
