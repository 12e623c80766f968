import { printable } from '../../../lib/quoted.js';
import type { ByteStream, StreamHandler } from '../../../lib/transport/byte-stream.js';
import { MESSAGE_BYTES } from '../../../lib/transport/websocket-options.js';
import { clearInterval, nextTick, setInterval } from '../timers.js';
import { ignore, NORMAL_CLOSURE, OPEN, type PageCloseEvent, type PageWebSocket } from './page-websocket.js';

/** Bytes that may wait in the browser, like a socket's own high-water mark. Past them, writing pauses. */
const HIGH_WATER_BYTES = 256 * 1024;
/** Time between two readings of what waits: a WebSocket of a page has no event for that. A browser's shortest. Unit: ms */
const SAMPLE_MS = 4;
/** Close codes of an end in order: normal, peer going away, no code given. */
const ORDERLY: readonly number[] = [NORMAL_CLOSURE, 1001, 1005];
const ABNORMAL_CLOSURE = 1006;

/** The stream of an open WebSocket of the page: the payloads of its binary messages. */
export class PageWebSocketStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly #ws: PageWebSocket;
  #handler: StreamHandler | undefined;
  /** Messages that have come before {@link open}. */
  #early: unknown[] = [];
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  #closed: PageCloseEvent | undefined;

  constructor(ws: PageWebSocket, url: string) {
    this.peer = url;
    this.address = new URL(url).hostname;
    this.#ws = ws;
    ws.binaryType = 'arraybuffer';
    ws.onmessage = ({ data }) => this.#onMessage(data);
    // A close always follows.
    ws.onerror = ignore;
    ws.onclose = (event) => this.#onClose(event);
  }

  get pendingBytes(): number {
    // Bytes that were not sent before the end stay in `bufferedAmount` for good.
    return this.#closed === undefined ? this.#ws.bufferedAmount : 0;
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    nextTick(() => {
      for (const data of early) this.#onMessage(data);
      if (this.#closed !== undefined) handler.onClose(failureOf(this.#closed));
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ws.readyState !== OPEN) return false; // the close event follows
    // The browser copies the bytes.
    for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) this.#ws.send(bytes.subarray(at, at + MESSAGE_BYTES));
    if (this.#ws.bufferedAmount < HIGH_WATER_BYTES) return true;
    this.#drainTimer ??= setInterval(() => this.#sample(), SAMPLE_MS);
    return false;
  }

  /** A WebSocket of a page cannot be paused. The calling side always reads. */
  pause(): void {}

  resume(): void {}

  end(): void {
    this.#ws.close(NORMAL_CLOSURE);
  }

  /** A page cannot cut a connection off. The browser closes it in order, and nothing that arrives meanwhile is handed on. */
  destroy(): void {
    this.#ws.onmessage = null;
    this.#ws.onclose = null;
    clearInterval(this.#drainTimer);
    this.#ws.close(NORMAL_CLOSURE);
    this.#finish({ code: NORMAL_CLOSURE, reason: '' });
  }

  #sample(): void {
    if (this.#ws.bufferedAmount >= HIGH_WATER_BYTES) return;
    clearInterval(this.#drainTimer);
    this.#drainTimer = undefined;
    this.#handler?.onDrain();
  }

  #onMessage(data: unknown): void {
    if (this.#handler === undefined) this.#early.push(data);
    // A text is not of our server, and no packet: the framer reports that.
    else
      this.#handler.onData(
        typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer),
      );
  }

  #onClose(event: PageCloseEvent): void {
    clearInterval(this.#drainTimer);
    this.#finish(event);
  }

  #finish(event: PageCloseEvent): void {
    if (this.#closed !== undefined) return;
    this.#closed = event;
    this.#handler?.onClose(failureOf(event));
  }
}

function failureOf({ code, reason }: PageCloseEvent): Error | undefined {
  if (ORDERLY.includes(code)) return undefined;
  if (code === ABNORMAL_CLOSURE)
    return new Error('the connection broke (close code 1006): the server is gone, or the network is down');
  const said = reason === '' ? '' : `: ${printable(reason)}`;
  return new Error(`the server closed it with code ${code}${said}`);
}
