import { outsideContexts } from '../async-context.js';
import { Framer } from '../protocol/framer.js';
import type { FrameView } from '../protocol/packet.js';
import type { RawBytes } from '../raw-bytes.js';
import { performance } from '../timers.js';
import type { BytesHolder } from './byte-budget.js';
import type { ByteStream } from './byte-stream.js';
import type { ConnectionOptions } from './connection-contract.js';
import { type ContinueUntil, intakeTurns } from './intake-turns.js';

/** Requests of a chunk that are handled before their answers are measured. A new connection begins with one. */
const MAX_BATCH = 16;
/** Time for which one connection may hold the event loop with requests that have arrived. Unit: ms */
const TURN_MS = 10;
/** Promise reactions that a batch's answers may take before the next batch begins: most async methods answer within these. */
const MAX_HOPS = 3;
/** One batch may fill this share of the queue, as far as the sizes of the latest answers can tell. */
const BATCH_SHARE = 4;

/** Bytes of a header that a stream may add to a message: 14 in WebSockets. */
const STREAM_HEADER_BYTES = 14;
/** Bytes that arrive between two looks at the time of the turn, and what a chunk counts beside its own bytes. */
const BYTES_PER_READING = 16 * 1024;
const CHUNK_COST = 64;
const BEFORE_REGISTRATION = 'before its registration a peer may send';

/** The connection, as its intake needs it. */
export interface IntakeOwner extends BytesHolder {
  /** Answers so far. The intake compares them with the requests that were handled. */
  readonly committedFrames: number;
  readonly committedBytes: number;
}

export interface IntakeHandler {
  onFrame(frame: FrameView): void;
  /** Called with the error of bytes that are not a packet, or with what {@link IntakeHandler.onFrame} threw. */
  onError(error: unknown): void;
}

/**
 * Reading side of a connection. A chunk may hold a thousand small requests with large answers. The answering end therefore
 * handles them in batches: the intake stops inside the chunk as soon as the stream is blocked, and continues when the stream
 * drains. After {@link TURN_MS} the rest of the chunk waits for the next turn of the event loop. While other connections wait so,
 * only one request of a chunk is handled at once.
 */
export class FrameIntake {
  readonly #stream: ByteStream;
  readonly #owner: IntakeOwner;
  readonly #options: ConnectionOptions;
  readonly #handler: IntakeHandler;
  readonly #framer: Framer;
  #isBlocked = false;
  /** True while answers of this connection wait to be encoded. */
  #isHeldBack = false;
  #isStopped = false;
  #isStreamPaused = false;
  /** Bytes that were reported as held, and those of them that the stream holds. */
  #heldBytes = 0;
  #streamBytes = 0;
  /** Size of the next batch, and requests that are left of the current one. */
  #batch = 1;
  #left = 1;
  /** Size of the largest recent answers, on average over a batch. Unit: bytes */
  #answerBytes = 0;
  #framesBefore = 0;
  #bytesBefore = 0;
  #sinceReading = 0;
  /** True until a batch of the turn has ended. */
  #isNewTurn = true;
  /** True until a batch of a later turn was begun: each turn handles one at the least. */
  #isFirstBatch = false;
  /** End of the turn, on the clock of `performance.now()`. Known when the first batch has ended. */
  #turnEnds = 0;
  #hops = 0;
  /** True while the rest of a chunk waits for a turn. */
  #isWaiting = false;
  /** Time since when the rest of a chunk waits for turns, and for nothing that the peer should do; 0: no rest waits so. */
  #restSince = 0;

  constructor(stream: ByteStream, owner: IntakeOwner, options: ConnectionOptions, handler: IntakeHandler) {
    this.#stream = stream;
    this.#owner = owner;
    this.#handler = handler;
    this.#options = options;
    const { maxFrameBytes, maxFirstFrameBytes: first = maxFrameBytes } = options;
    const onFrame = (frame: FrameView): void => this.#onFrame(frame);
    this.#framer =
      first < maxFrameBytes ? new Framer(first, onFrame, BEFORE_REGISTRATION) : new Framer(maxFrameBytes, onFrame);
  }

  /** True while a frame has arrived in part. */
  get isMidFrame(): boolean {
    return this.#framer.isMidFrame;
  }

  /** Frames up to `maxFrameBytes` are accepted from now on. */
  acceptFrames(): void {
    this.#framer.limitFrames(this.#options.maxFrameBytes);
  }

  /** Notes bytes that the stream holds back, since they are a part of a message. */
  streamHolds(bytes: number): void {
    const limit = this.#framer.maxFrameBytes;
    this.#streamBytes = bytes;
    // After the registration the stream has a limit of its own.
    const isTooLarge = limit < this.#options.maxFrameBytes && bytes > limit + STREAM_HEADER_BYTES;
    if (isTooLarge) this.#handler.onError(this.#framer.tooLarge(bytes));
    else this.#noteHeld();
  }

  receive(chunk: RawBytes): void {
    const isContinued = this.#framer.isPaused;
    if (!isContinued) this.#beginChunk(chunk.length);
    try {
      this.#framer.push(chunk);
      if (!isContinued && this.#framer.isPaused && !this.#isWaiting) this.#batchesEnded();
      this.#framer.keepRest();
      if (this.#options.portBytes !== undefined) this.#noteHeld();
    } catch (error) {
      this.#handler.onError(error);
    }
  }

  /** Node reads a socket up to 32 times in a turn: chunks of little work each may be much work together. */
  #beginChunk(bytes: number): void {
    this.#isNewTurn = true;
    if (intakeTurns.isBehind) this.#left = 1;
    this.#sinceReading += bytes + CHUNK_COST;
    if (this.#sinceReading < BYTES_PER_READING || !this.#options.pauseWhenBlocked) return;
    this.#sinceReading = 0;
    if (!intakeTurns.isOver()) return;
    this.#framer.pause();
    this.#endTurn();
  }

  #noteHeld(): void {
    // The rest of a chunk that is handled in this tick is not counted.
    const waits = this.#mustWait || this.#isWaiting;
    const bytes = this.#streamBytes + this.#framer.heldBytes + (waits ? this.#framer.restBytes : 0);
    if (bytes === this.#heldBytes) return;
    this.#heldBytes = bytes;
    this.#options.portBytes?.partial.set(this.#owner, bytes);
  }

  /** The stream accepts no more answers: no request is handled until {@link unblock}. */
  block(): void {
    if (!this.#options.pauseWhenBlocked) return;
    this.#isBlocked = true;
    this.#restSince = 0;
    this.#framer.pause();
    this.#pauseStream();
  }

  /** Continues with the requests that have arrived, and then with the stream. */
  unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#goOn();
  }

  /** Handles no request while answers wait to be encoded: the answer of the request would wait too. */
  holdBack(isHeldBack: boolean): void {
    if (!this.#options.pauseWhenBlocked || isHeldBack === this.#isHeldBack) return;
    this.#isHeldBack = isHeldBack;
    if (!isHeldBack) return this.#goOn();
    this.#restSince = 0;
    this.#framer.pause();
    this.#pauseStream();
  }

  /** Hands out no more frames. */
  stop(): void {
    this.#isStopped = true;
    intakeTurns.leave(this.#nextTurn);
    this.#framer.stop();
    this.#options.portBytes?.partial.set(this.#owner, 0);
  }

  get #mustWait(): boolean {
    return this.#isBlocked || this.#isHeldBack;
  }

  #goOn(): void {
    if (!this.#isWaiting) this.#nextTurn(performance.now() + (intakeTurns.isBehind ? 0 : TURN_MS));
  }

  #onFrame(frame: FrameView): void {
    this.#handler.onFrame(frame);
    this.#left -= 1;
    if (this.#left === 0 && this.#options.pauseWhenBlocked) this.#framer.pause();
  }

  /** Sets the size of the batch by the answers since the last one began. */
  #beginBatch(): void {
    const { committedFrames, committedBytes } = this.#owner;
    const frames = committedFrames - this.#framesBefore;
    if (frames > 0) {
      const average = Math.ceil((committedBytes - this.#bytesBefore) / frames);
      this.#answerBytes = Math.max(Math.ceil(this.#answerBytes / 2), average);
      const fitting = Math.floor(this.#options.maxQueuedBytes / BATCH_SHARE / this.#answerBytes);
      this.#batch = Math.max(1, Math.min(this.#batch * 2, MAX_BATCH, fitting));
    }
    this.#framesBefore = committedFrames;
    this.#bytesBefore = committedBytes;
    this.#left = this.#batch;
    this.#hops = 0;
  }

  /** Handles further batches for as long as their answers come at once and the turn lasts. */
  #batchesEnded(): void {
    while (this.#framer.isPaused && !this.#mustWait && !this.#isStopped) {
      if (!this.#framer.hasRest) {
        this.#beginBatch();
        return this.#chunkEnded();
      }
      const now = performance.now();
      if (this.#isNewTurn) this.#turnEnds = now + (intakeTurns.isBehind ? 0 : TURN_MS);
      this.#isNewTurn = false;
      if (now >= this.#turnEnds && !this.#isFirstBatch) return this.#endTurn();
      this.#isFirstBatch = false;
      const answered = this.#owner.committedFrames - this.#framesBefore;
      if (answered < this.#batch && this.#hops < MAX_HOPS && this.#options.relays !== true) {
        this.#hops += 1;
        void ANSWERED.then(this.#continue);
        return;
      }
      this.#beginBatch();
      this.#framer.resume();
    }
    if (!this.#framer.isPaused) this.#chunkEnded();
  }

  #chunkEnded(): void {
    this.#restSince = 0;
    this.#framer.resume();
    if (this.#isStreamPaused) this.#stream.resume();
    this.#isStreamPaused = false;
  }

  /** The rest waits for the next turn of the event loop, behind other connections, and begins with the smallest batch. */
  #endTurn(): void {
    this.#batch = 1;
    this.#pauseStream();
    this.#isWaiting = true;
    if (this.#restSince === 0) this.#restSince = performance.now();
    intakeTurns.wait(this.#nextTurn);
  }

  readonly #nextTurn: ContinueUntil = (endsAt) => {
    this.#isWaiting = false;
    if (this.#mustWait) return; // #goOn() continues
    this.#isNewTurn = false;
    this.#turnEnds = endsAt;
    this.#isFirstBatch = true;
    this.#beginBatch();
    this.#hops = MAX_HOPS; // the answers had their time
    this.#continue();
  };

  readonly #continue = (): void => {
    if (this.#isStopped || this.#mustWait || this.#isWaiting) return;
    try {
      // The rest of a chunk must not be handled in the async context of an answer that has left, or of a method.
      if (this.#options.pauseWhenBlocked) intakeTurns.handle(this.#restSince, this.#handleRest);
      this.#noteHeld();
    } catch (error) {
      this.#handler.onError(error);
    }
  };

  readonly #handleRest = (): void => outsideContexts(() => this.#batchesEnded());

  #pauseStream(): void {
    this.#isStreamPaused = true;
    this.#stream.pause();
  }
}

const ANSWERED = Promise.resolve();
