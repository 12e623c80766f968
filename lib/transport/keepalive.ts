import { HEAD } from '../protocol/message.js';
import { REQUEST } from '../protocol/packet.js';
import type { Connection } from './connection.js';
import { ControlRequest } from './control-request.js';
import { Heartbeat, type HeartbeatOptions, type Silence } from './heartbeat.js';
import type { PendingCalls } from './pending-calls.js';

/** Deadline of a heartbeat's answer. The deadline only keeps the table tidy; {@link Heartbeat} detects silence. Unit: ms */
const ANSWER_MS = 60_000;

export interface KeepaliveOptions extends HeartbeatOptions {
  /** Counts the peer's reading as life while the stream is blocked. For the end that stops reading meanwhile. */
  readonly countReading?: boolean;
  onDead(silence: Silence): void;
}

/** The heartbeat of one connection, at either end. Begins when it is made. */
export class Keepalive {
  readonly #connection: Connection;
  readonly #pending: PendingCalls;
  readonly #heartbeat: Heartbeat;
  #unanswered = 0;

  constructor(connection: Connection, pending: PendingCalls, options: KeepaliveOptions) {
    this.#connection = connection;
    this.#pending = pending;
    const watched = {
      ping: () => this.#ping(),
      dead: (silence: Silence) => options.onDead(silence),
      readBytes: () => (options.countReading && connection.isBlocked ? connection.takenBytes : undefined),
    };
    this.#heartbeat = new Heartbeat(watched, options);
    this.#heartbeat.start();
  }

  /** Number of heartbeats in the table of pending calls. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Notes that bytes arrived. */
  heard(): void {
    this.#heartbeat.heard();
  }

  /** Starts counting from zero, after a silence that was excused. */
  restart(): void {
    this.#heartbeat.start();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  #ping(): void {
    // Behind a full queue a heartbeat would be written late, and as one frame too many would end the connection.
    if (this.#connection.isFull) return;
    const done = (): void => {
      this.#unanswered -= 1;
    };
    this.#unanswered += 1;
    const request = new ControlRequest('a heartbeat', ANSWER_MS, done, done);
    this.#connection.send(REQUEST, this.#pending.add(request), ANSWER_MS, HEAD.heartbeat);
  }
}
