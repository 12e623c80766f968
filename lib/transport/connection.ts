import { debug } from '../diagnostics.js';
import { RpcCode, type RpcError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import { HeadCache } from '../protocol/head-cache.js';
import { type FrameView, type PacketKind, REQUEST, RESPONSE } from '../protocol/packet.js';
import { NO_BYTES, type RawBytes } from '../raw-bytes.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { bytesRead } from './after-stall.js';
import type { ByteStream } from './byte-stream.js';
import type { ConnectionHandler, ConnectionOptions } from './connection-contract.js';
import { END_TIMEOUT_MS, OWN_FRAMES_BYTES } from './connection-defaults.js';
import { answerForeign, connectionLost, evicted, notSent, protocolError, queueFull } from './connection-errors.js';
import { CONNECTION_TRANSITIONS, type ConnectionState, type Ending } from './connection-state.js';
import { FlushSchedule } from './flush-schedule.js';
import { FrameIntake } from './frame-intake.js';

/**
 * Frames over a byte stream: one contiguous write in each tick with adaptive early flushes, backpressure, bounds, and one
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
  readonly #intake: FrameIntake;
  readonly #heads = new HeadCache();
  readonly #schedule: FlushSchedule;
  readonly #lifecycle = new Lifecycle<ConnectionState>('open', CONNECTION_TRANSITIONS, (to, _from, reason) =>
    this.#onMove(to, reason as RpcError | undefined),
  );
  #ending: Ending | undefined;
  #received = 0;
  #committed = 0;
  /** Bytes handed to the stream so far. */
  #written = 0;
  #handed = 0;

  constructor(stream: ByteStream, handler: ConnectionHandler, options: ConnectionOptions) {
    this.peer = stream.peer;
    this.#stream = stream;
    this.#handler = handler;
    this.#options = options;
    this.#writer = new FrameWriter(options.maxFrameBytes);
    this.#schedule = new FlushSchedule(
      options,
      () => this.#flush(),
      () => this.#flushQueue(),
    );
    this.#intake = new FrameIntake(stream, this, options, {
      onFrame: (frame) => this.#onFrame(frame),
      onError: (error) => this.destroy(protocolError(this.peer, answerForeign(error, stream, options))),
    });
    stream.open({
      onData: (chunk) => this.#onData(chunk),
      onPartial: (bytes) => this.#intake.streamHolds(bytes),
      onDrain: () => this.#onDrain(),
      onClose: (error) => void this.#lifecycle.move('closed', this.#ending?.reason ?? connectionLost(this.peer, error)),
    });
  }

  get isClosed(): boolean {
    return this.#lifecycle.state === 'closed';
  }

  /** False from the first call of `end` or `destroy` on, or once the stream has ended: nothing is sent then. */
  get isOpen(): boolean {
    const { state } = this.#lifecycle;
    return state === 'open' || state === 'blocked';
  }

  /** Number of frames committed so far, which is also the number of the latest frame. */
  get committedFrames(): number {
    return this.#committed;
  }

  /** Bytes of the frames committed so far. */
  get committedBytes(): number {
    return this.#written + this.#writer.pendingBytes;
  }

  /** Number of frames handed to the stream so far. A frame with a higher number has not left this process. */
  get handedFrames(): number {
    return this.#handed;
  }

  /** Number of frames received whole. */
  get receivedFrames(): number {
    return this.#received;
  }

  /** Ends the connection, since a bound over all connections of the port was exceeded. */
  evict(why: string): void {
    this.destroy(evicted(this.peer, why));
  }

  /** The peer has registered: frames up to `maxFrameBytes` are read, and up to the limit that the peer announced, if any, sent. */
  limitFrames(bytes: number | undefined): void {
    this.#intake.acceptFrames();
    if (bytes !== undefined) this.#writer.limitFrames(bytes);
  }

  get maxFrameBytes(): number {
    return this.#writer.maxFrameBytes;
  }

  get queuedBytes(): number {
    return this.#writer.pendingBytes + this.#stream.pendingBytes;
  }

  /** True while the stream accepts no more, since the peer does not read as fast as this end writes. */
  get isBlocked(): boolean {
    const { state } = this.#lifecycle;
    return state === 'blocked' || state === 'flushing';
  }

  /** True while as many bytes wait as requests may queue. */
  get isFull(): boolean {
    return this.#canPileUp && this.queuedBytes > this.#options.maxQueuedBytes;
  }

  /** Handles no requests while `isHeld`. */
  holdRequests(isHeld: boolean): void {
    if (!this.isClosed) this.#intake.holdBack(isHeld);
  }

  /** Bytes that the system has taken for the peer so far. While the stream is blocked, growth means that the peer reads. */
  get takenBytes(): number {
    return this.#written - this.#stream.pendingBytes;
  }

  /** True while a frame has arrived in part. */
  get isMidFrame(): boolean {
    return this.#intake.isMidFrame;
  }

  /**
   * Begins a frame, and returns the writer for the body. Throws {@link RpcCode.QueueFull} when `maxQueuedBytes` wait already, {@link RpcCode.Closed}
   * when no frames are accepted any more, and {@link RpcCode.Encode} within another frame: a `toJSON` or a getter has made a call.
   */
  begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): FrameWriter {
    if (this.#canPileUp) this.#checkQueue(kind);
    this.#begin(kind, id, timeoutMs, head);
    return this.#writer;
  }

  /** Queues the frame. Throws {@link RpcCode.FrameTooLarge}. */
  commit(): void {
    this.#writer.commit();
    this.#committed += 1;
    this.#schedule.committed(this.#committed - this.#handed, this.#writer.pendingBytes);
  }

  /** Drops the frame that was begun. */
  rollback(): void {
    this.#writer.rollback();
  }

  /**
   * Sends a frame of the connection itself, such as a heartbeat. A full queue has some room for such frames. Past that room
   * the connection is destroyed. Does nothing once the connection accepts no frames. Throws {@link RpcCode.FrameTooLarge}.
   */
  send(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array, body: Uint8Array = NO_BYTES): void {
    this.queue(kind, id, timeoutMs, head, body);
    if (this.isOpen && this.#options.flushInterval > 0) this.#flush(); // a heartbeat does not wait for calls
  }

  /** Queues a frame likewise, and lets it wait for others. `isEarly`: for others of an interval, and not for those of the tick. */
  queue(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array, body: Uint8Array, isEarly = false): void {
    if (this.isBlocked) this.#noteUnread(); // values of a shared client pile up as answers do
    if (!this.isOpen) return;
    const { maxQueuedBytes } = this.#options; // past the bound: the peer requests heartbeats and never reads the answers
    if (this.isBlocked && this.queuedBytes > maxQueuedBytes + OWN_FRAMES_BYTES)
      return this.destroy(queueFull(this.queuedBytes, this.peer, maxQueuedBytes));
    this.#begin(kind, id, timeoutMs, head);
    try {
      this.#writer.append(body, 0, body.length);
      this.commit();
    } finally {
      this.rollback(); // a frame that was not committed
    }
    if (isEarly && this.#options.flushInterval === 0) this.#flush();
  }

  /**
   * Writes what is queued, then ends the stream in order: frames that arrive before are handled. Destroys it after `timeoutMs`, with the rest unread.
   */
  end(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move(this.isBlocked ? 'flushing' : 'ending')) return;
    this.#flush(); // everything, even to a blocked stream: no frame is queued after this
    if (this.isClosed) return;
    const wait = this.#stream.pendingBytes > 0 ? timeoutMs : Math.min(timeoutMs, END_TIMEOUT_MS);
    this.#ending = { reason, timer: setTimeout(() => this.destroy(reason), wait) };
    this.#stream.end();
  }

  /** Ends the connection at once. The handler's `onClosed` is called before this returns, unless the connection was closed. */
  destroy(reason: RpcError): void {
    if (this.isClosed) return;
    try {
      this.#lifecycle.move('closed', this.#ending?.reason ?? reason);
    } finally {
      this.#stream.destroy();
    }
  }

  /** True where frames may stay queued. Otherwise committed frames leave with the early flushes, within the tick. */
  get #canPileUp(): boolean {
    return this.isBlocked || this.#options.flushInterval > 0;
  }

  #begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): void {
    if (!this.isOpen) throw notSent(RpcCode.Closed, `the connection to ${this.peer} is closed`);
    if (this.#writer.isMidFrame)
      throw notSent(
        RpcCode.Encode,
        'another call was made while arguments were being encoded, in a toJSON or a getter',
      );
    this.#writer.begin(kind, id, timeoutMs, head);
  }

  #checkQueue(kind: PacketKind): void {
    this.#noteUnread();
    if (this.isFull && !this.isBlocked && kind === RESPONSE) this.#flush(); // gathered for `flushInterval`
    if (this.isFull) throw queueFull(this.queuedBytes, this.peer, this.#options.maxQueuedBytes);
  }

  /** Counts what waits for the peer to read. May end this connection. */
  #noteUnread(): void {
    this.#options.portBytes?.unread.set(this, this.isClosed ? 0 : this.queuedBytes);
  }

  /** Called at the end of the tick, or of the interval. */
  #flushQueue(): void {
    if (!this.isOpen) return;
    this.#flush();
    this.#schedule.early.tickEnded();
    if (this.#options.flushInterval > 0 && !this.isBlocked) this.#handler.onDrained();
  }

  #flush(): void {
    if (this.#lifecycle.state === 'blocked') return;
    this.#schedule.early.wrote(this.#committed - this.#handed);
    this.#handed = this.#committed;
    if (this.#stream.pendingBytes === 0) this.#writer.recycle();
    this.#writer.take(this.#write);
    if (this.#stream.pendingBytes === 0) this.#writer.recycle();
    if (!this.isBlocked) this.#handler.onWritten?.();
  }

  readonly #write = (bytes: RawBytes): void => {
    this.#written += bytes.length;
    if (!this.#stream.write(bytes)) this.#lifecycle.move(this.isOpen ? 'blocked' : 'flushing');
  };

  #onDrain(): void {
    // A socket of node:tls takes more while it holds bytes. Items of streams wait for the room all the same.
    if (this.#lifecycle.state === 'open') return this.#handler.onDrained();
    if (!this.isBlocked) return;
    this.#options.portBytes?.unread.set(this, 0); // the peer reads
    if (this.#lifecycle.move('open')) this.#flush();
    else this.#lifecycle.move('ending');
    if (this.isBlocked || this.isClosed) return;
    this.#handler.onDrained();
    if (!this.isClosed) this.#intake.unblock();
  }

  #onMove(to: ConnectionState, reason: RpcError | undefined): void {
    if (to === 'blocked' || to === 'flushing') {
      this.#intake.block();
      this.#noteUnread();
    }
    if (to !== 'closed' || reason === undefined) return;
    debug.connection('%s closed: %s', this.peer, reason.message);
    this.#intake.stop();
    this.#options.portBytes?.unread.set(this, 0);
    clearTimeout(this.#ending?.timer);
    this.#schedule.stop();
    this.#handler.onClosed(reason);
  }

  #onData(chunk: RawBytes): void {
    if (this.isClosed) return;
    bytesRead();
    this.#handler.onActivity();
    this.#intake.receive(chunk);
  }

  #onFrame(frame: FrameView): void {
    this.#received += 1;
    const head = this.#heads.decode(frame);
    if (frame.kind === REQUEST) this.#handler.onRequest(head, frame);
    else this.#handler.onResponse(head, frame);
  }
}
