import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../../lib/endpoint.js';
import { Framer } from '../../../lib/protocol/framer.js';
import type { ByteStream } from '../../../lib/transport/byte-stream.js';
import { dial } from '../../../lib/transport/transports.js';
import type { TransportUnderTest } from '../../transport/conformance/transports.js';
import type { Frame } from '../mutation.js';
import type { Random } from '../random.js';

/** Most bytes that are cut into small chunks. Unit: bytes */
const MAX_CUT_BYTES = 4_096;
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const MAX_TEXT_BYTES = 1_000;
const DIAL_TIMEOUT_MS = 30_000;

type Stream = Pick<ByteStream, 'open' | 'write' | 'pause' | 'end' | 'destroy'>;

/** How far the bytes keep to the layout of packets. */
export type Layout = 'whole frames' | 'begins a frame' | 'broken';

/** Sends any bytes over a transport, and reads the frames that come back. */
export class Wire {
  readonly #stream: Stream;
  readonly #sent: Buffer[] = [];
  readonly #framer: Framer;
  readonly #listeners = new Set<(frame: Frame) => void>();
  #end!: () => void;
  /** Resolves when the connection is closed, by either end. */
  readonly closed = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  isClosed = false;
  /** The first error of a peer that sends no frames. A target that sends such bytes is at fault. */
  unreadable: Error | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#framer = new Framer(MAX_FRAME_BYTES, ({ kind, id, timeout, bytes, headStart, bodyStart, end }) => {
      const [head, body] = [
        Buffer.from(bytes.subarray(headStart, bodyStart)),
        Buffer.from(bytes.subarray(bodyStart, end)),
      ];
      const frame = { kind, id, timeout, head: parsed(head), body };
      for (const listener of [...this.#listeners]) listener(frame);
    });
    stream.open({
      onData: (chunk) => this.#read(Buffer.from(chunk)),
      onDrain() {},
      onClose: () => {
        this.isClosed = true;
        this.#end();
      },
    });
  }

  /** Connects by the transport. Undefined where the other end refuses the connection. */
  static async dial({ dialing }: TransportUnderTest, endpoint: Endpoint): Promise<Wire | undefined> {
    const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS);
    try {
      return new Wire(await dial(endpoint, { ...dialing, signal }));
    } catch (error) {
      if (signal.aborted) throw error; // a target that accepts no connection hangs
      return undefined;
    }
  }

  /** Connects without the handshake of the transport. */
  static bare(endpoint: Endpoint): Wire {
    return new Wire(streamOf(connect(socketAddress(endpoint))));
  }

  /** Called with each frame that comes from now on. */
  onFrame(listener: (frame: Frame) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves with the next frame that matches. Undefined where the connection closes, or the time is over. */
  next(match: (frame: Frame) => boolean, timeoutMs: number): Promise<Frame | undefined> {
    return new Promise((resolve) => {
      const settle = (frame?: Frame): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(frame);
      };
      const look = (frame: Frame): void => {
        if (match(frame)) settle(frame);
      };
      const timer = setTimeout(() => settle(), timeoutMs);
      this.#listeners.add(look);
      void this.closed.then(() => settle());
    });
  }

  /** Sends the bytes in chunks, some of them after a pause. */
  async send(random: Random, bytes: Buffer): Promise<void> {
    for (const chunk of bytes.length > MAX_CUT_BYTES ? [bytes] : random.cut(bytes)) {
      if (this.isClosed) return;
      this.#sent.push(chunk);
      this.#stream.write(chunk);
      if (random.oneIn(20)) await pause(random.oneIn(5) ? random.below(20) : 0);
    }
  }

  /** How far all that was sent keeps to the layout of packets, and whether the sender could be a stock peer. */
  get sent(): { readonly layout: Layout; readonly asStock: boolean } {
    let asStock = false;
    const framer = new Framer(MAX_FRAME_BYTES, ({ bytes, headStart, bodyStart }) => {
      const text = bytes.subarray(headStart, bodyStart).toString();
      const head: unknown = text === '' ? {} : JSON.parse(text);
      if (typeof head !== 'object' || head === null || Array.isArray(head)) throw new Error('no object');
      asStock ||= isStock(head);
    });
    try {
      for (const chunk of this.#sent) framer.push(chunk);
    } catch {
      return { layout: 'broken', asStock };
    }
    return { layout: framer.isMidFrame ? 'begins a frame' : 'whole frames', asStock };
  }

  /** The end of what was sent, for messages. */
  get text(): string {
    return JSON.stringify(Buffer.concat(this.#sent).subarray(-MAX_TEXT_BYTES).toString('latin1'));
  }

  get sentBytes(): number {
    return this.#sent.reduce((sum, { length }) => sum + length, 0);
  }

  /** Reads no more. */
  pause(): void {
    this.#stream.pause();
  }

  end(): void {
    if (!this.isClosed) this.#stream.end();
  }

  destroy(): void {
    if (!this.isClosed) this.#stream.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.unreadable !== undefined) return;
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.unreadable = error as Error;
    }
  }
}

/** A registration without an `ext` comes from a stock peer. */
function isStock({ type, ext }: { readonly type?: unknown; readonly ext?: unknown }): boolean {
  const version = typeof ext === 'object' && ext !== null && 'version' in ext ? ext.version : undefined;
  return type === 'register_channel' && !Number.isInteger(version);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}

function parsed(head: Buffer): Frame['head'] {
  return head.length === 0 ? {} : JSON.parse(head.toString());
}

/** Where the socket below a transport is. */
export function socketAddress(endpoint: Endpoint): { host: string; port: number } | { path: string } {
  return endpoint.transport === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
}

/** A socket without a transport on it. */
export function streamOf(socket: Socket): Stream {
  socket.on('error', () => {}); // a reset is an end
  return {
    open: ({ onData, onClose }) => {
      socket.on('data', onData);
      socket.once('close', () => onClose(undefined));
    },
    write: (bytes) => socket.write(bytes),
    pause: () => void socket.pause(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
