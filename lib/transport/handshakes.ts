import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from '../timers.js';
import type { ListenOptions } from './transport.js';

/** A connection in the handshake of its transport. */
interface Handshake {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Connections of a listener that are in the handshake of its transport. The Leader counts only streams. */
export class Handshakes {
  readonly #options: ListenOptions;
  readonly #what: string;
  /** By the name of the peer, the oldest first. */
  readonly #begun = new Map<string, Handshake>();

  /** `what`: the handshake, in messages. */
  constructor(options: ListenOptions, what: string) {
    this.#options = options;
    this.#what = what;
  }

  has(peer: string): boolean {
    return this.#begun.has(peer);
  }

  /** Notes a connection, and evicts the oldest one past the bound. `isTimed`: the handshake is ended when its time is over. */
  begin(peer: string, socket: Socket, isTimed: boolean): void {
    const { maxHandshakes = Number.POSITIVE_INFINITY, handshakeTimeout } = this.#options;
    const late = (): void => this.#drop(peer, `no ${this.#what} in ${handshakeTimeout} ms (handshakeTimeout)`);
    this.#begun.set(peer, { socket, timer: isTimed ? setTimeout(late, handshakeTimeout).unref() : undefined });
    socket.once('close', () => this.end(peer));
    if (this.#begun.size <= maxHandshakes) return;
    const [oldest = peer] = this.#begun.keys();
    this.#drop(oldest, `evicted for a newer connection; at most ${maxHandshakes} may wait for their ${this.#what}`);
  }

  /** The handshake is over. */
  end(peer: string): void {
    clearTimeout(this.#begun.get(peer)?.timer);
    this.#begun.delete(peer);
  }

  /** Destroys all connections that are in their handshakes. */
  destroy(): void {
    for (const [peer, { socket }] of this.#begun) {
      this.end(peer);
      socket.destroy();
    }
  }

  #drop(peer: string, why: string): void {
    const socket = this.#begun.get(peer)?.socket;
    this.end(peer);
    this.#options.onRefused?.(peer, why);
    socket?.destroy();
  }
}
