import { HEAD } from '../protocol/message.js';
import { REQUEST } from '../protocol/packet.js';
import type { Connection } from './connection.js';
import { ControlRequest } from './control-request.js';
import { Heartbeat, type HeartbeatOptions, type Silence } from './heartbeat.js';
import type { PendingCalls } from './pending-calls.js';

/** How long a heartbeat's answer is worth waiting for; it only keeps the table tidy, silence is judged elsewhere. */
const ANSWER_MS = 60_000;

export interface KeepaliveOptions extends HeartbeatOptions {
  /** While the peer does not read: take what it has read of it for life. For the side that stops reading meanwhile. */
  readonly countReading?: boolean;
  onDead(silence: Silence): void;
}

/** The heartbeat of one connection, from either end. Begins at once. */
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

  /** Heartbeats that stand in the table of waiting calls. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Bytes came. */
  heard(): void {
    this.#heartbeat.heard();
  }

  /** Counts anew, after a death that was excused. */
  restart(): void {
    this.#heartbeat.start();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  #ping(): void {
    const done = (): void => {
      this.#unanswered -= 1;
    };
    this.#unanswered += 1;
    const request = new ControlRequest('a heartbeat', ANSWER_MS, done, done);
    this.#connection.send(REQUEST, this.#pending.add(request), ANSWER_MS, HEAD.heartbeat);
  }
}
