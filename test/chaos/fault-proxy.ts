import { once } from 'node:events';
import * as net from 'node:net';
import type { Random } from '../fuzz/random.js';

/** What a proxy does to the bytes that go through it, in both directions. Order and content are kept. */
export type ProxyMode = 'clean' | 'delay' | 'split' | 'stall';

/** Past so much it reads no more: a stalled link is, for those at its ends, a peer that stopped reading. */
const MAX_HELD_BYTES = 64 * 1024;
const MAX_DELAY_MS = 25;
/** Of a chunk, so many pieces are small ones; the rest follows whole. */
const MAX_PIECES = 40;

/** A tcp proxy on loopback with faults, in front of a port on which there may be nobody at times. */
export class FaultProxy {
  readonly #server: net.Server;
  readonly #links = new Set<Link>();
  readonly random: Random;
  mode: ProxyMode = 'clean';

  private constructor(server: net.Server, random: Random) {
    this.#server = server;
    this.random = random;
  }

  static async start(target: number, random: Random): Promise<FaultProxy> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new FaultProxy(server, random);
    server.on('connection', (socket) => proxy.#link(socket, target));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get links(): number {
    return this.#links.size;
  }

  setMode(mode: ProxyMode): void {
    this.mode = mode;
    for (const link of this.#links) link.goOn();
  }

  /** Each connection ends in the middle of what is sent next; returns how many there were. */
  cut(): number {
    for (const link of this.#links) link.cutNext();
    return this.#links.size;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const link of this.#links) link.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #link(socket: net.Socket, target: number): void {
    const upstream = net.connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true });
    const link = new Link(this, socket, upstream);
    this.#links.add(link);
    link.onClosed = () => this.#links.delete(link);
  }
}

/** One connection through the proxy. */
class Link {
  readonly #pipes: readonly [Pipe, Pipe];
  readonly #sockets: readonly net.Socket[];
  onClosed = (): void => {};

  constructor(proxy: FaultProxy, caller: net.Socket, server: net.Socket) {
    this.#sockets = [caller, server];
    this.#pipes = [new Pipe(proxy, caller, server, this), new Pipe(proxy, server, caller, this)];
    for (const socket of this.#sockets) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => {
        if (this.#sockets.every(({ closed }) => closed)) this.onClosed();
      });
    }
  }

  goOn(): void {
    for (const pipe of this.#pipes) pipe.goOn();
  }

  cutNext(): void {
    for (const pipe of this.#pipes) pipe.cutNext();
  }

  destroy(): void {
    for (const socket of this.#sockets) {
      if (socket.destroyed) continue;
      // libuv refuses to reset a socket that is being shut down, and Node then never closes the socket's handle.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}

/** One direction of a link. */
class Pipe {
  readonly #proxy: FaultProxy;
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #link: Link;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #hasEnded = false;
  #isPumping = false;
  #isCut = false;
  #wake: (() => void) | undefined;

  constructor(proxy: FaultProxy, from: net.Socket, to: net.Socket, link: Link) {
    this.#proxy = proxy;
    this.#from = from;
    this.#to = to;
    this.#link = link;
    from.on('data', (chunk: Buffer) => this.#hold(chunk));
    from.on('end', () => {
      this.#hasEnded = true;
      void this.#pump();
    });
    to.on('close', () => this.goOn());
    to.on('drain', () => this.goOn());
  }

  /** The mode has changed, or there is room again. */
  goOn(): void {
    this.#wake?.();
  }

  cutNext(): void {
    this.#isCut = true;
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD_BYTES) this.#from.pause();
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#held.length > 0 && !this.#to.destroyed) {
      await this.#pause();
      const chunk = this.#held.shift();
      if (chunk === undefined) break;
      this.#heldBytes -= chunk.length;
      if (this.#isCut && chunk.length > 1) {
        // A part of it only, and what had not been read is lost with the connection.
        this.#to.write(chunk.subarray(0, 1 + this.#proxy.random.below(chunk.length - 1)), () => this.#link.destroy());
        return;
      }
      for (const piece of this.#pieces(chunk)) {
        if (!this.#to.write(piece)) await this.#woken();
        if (piece.length < chunk.length) await new Promise((resolve) => setImmediate(resolve));
      }
      if (this.#heldBytes <= MAX_HELD_BYTES) this.#from.resume();
    }
    this.#isPumping = false;
    if (this.#hasEnded && this.#held.length === 0) this.#to.end();
  }

  #pieces(chunk: Buffer): Buffer[] {
    if (this.#proxy.mode !== 'split') return [chunk];
    const pieces: Buffer[] = [];
    let at = 0;
    while (at < chunk.length && pieces.length < MAX_PIECES) {
      const length = 1 + this.#proxy.random.below(17);
      pieces.push(chunk.subarray(at, at + length));
      at += length;
    }
    if (at < chunk.length) pieces.push(chunk.subarray(at));
    return pieces;
  }

  async #pause(): Promise<void> {
    const { mode, random } = this.#proxy;
    if (mode === 'delay') await new Promise((resolve) => setTimeout(resolve, random.below(MAX_DELAY_MS)));
    while (this.#proxy.mode === 'stall' && !this.#to.destroyed) await this.#woken();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (this.#to.destroyed) this.#wake();
    });
  }
}
