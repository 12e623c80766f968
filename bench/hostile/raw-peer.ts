import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEADER_BYTES = 24;
const REQUEST = 0;
/** Frames that are joined for one write. */
const BATCH = 512;

export interface Frame {
  readonly head: object | Buffer;
  readonly body?: Buffer;
  readonly id?: number;
  readonly timeout?: number;
  readonly kind?: 0 | 1;
  /** Lengths that the header claims, where they are not the true ones. */
  readonly claims?: { readonly head?: number; readonly body?: number };
}

/** Bytes of a frame, made without the library: docs/wire.md has the layout. */
export function frame({
  head,
  body = Buffer.alloc(0),
  id = 1,
  timeout = 3_000,
  kind = REQUEST,
  claims = {},
}: Frame): Buffer {
  const text = Buffer.isBuffer(head) ? head : Buffer.from(JSON.stringify(head));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(1, 0);
  header.writeUInt8(kind, 1);
  header.writeUInt32BE(id, 8);
  header.writeUInt32BE(timeout, 12);
  header.writeUInt32BE(claims.head ?? text.length, 16);
  header.writeUInt32BE(claims.body ?? body.length, 20);
  return Buffer.concat([header, text, body]);
}

/** A call without arguments. */
export function call(method: string, id: number, options: { oneway?: boolean; timeout?: number } = {}): Buffer {
  const { oneway = false, timeout = 3_000 } = options;
  return frame({ head: { type: 'invoke', method, argLength: 0, oneway }, id, timeout });
}

export function registration(channelName: string, features: readonly string[] = ['results', 'cancel']): Buffer {
  const ext = { version: 1, codecs: ['json'], features, maxFrameBytes: 4 * 2 ** 20 };
  return frame({ head: { type: 'register_channel', channelName, ext } });
}

/** A socket to a port on loopback, and what a hostile peer does with it. Errors of the socket are expected. */
export class RawPeer {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return new RawPeer(socket);
  }

  /** Connects and registers, and waits for the first bytes of the answer. */
  static async register(port: number, channel: string, features?: readonly string[]): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.socket.write(registration(channel, features));
    await Promise.race([once(peer.socket, 'data'), once(peer.socket, 'close')]);
    return peer;
  }

  /** Reads and drops what arrives. */
  read(): this {
    this.socket.resume();
    return this;
  }

  /** Reads nothing from now on. */
  deaf(): this {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    return this;
  }

  /** Writes `count` frames as fast as the other end takes them. Ends early when the other end closes, or at `signal`. */
  async flood(count: number, make: (index: number) => Buffer, signal: AbortSignal): Promise<void> {
    for (let from = 0; from < count && !signal.aborted && this.socket.writable; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => make(from + index));
      if (this.socket.write(Buffer.concat(batch))) continue;
      await drained(this.socket, signal);
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}

async function drained(socket: Socket, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  await Promise.race([once(socket, 'drain', { signal: stop }), once(socket, 'close', { signal: stop })]).catch(
    () => {},
  );
  ended.abort();
}
