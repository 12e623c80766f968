import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { nextTick } from '../timers.js';
import type { ByteStream, StreamFacts, StreamHandler } from './byte-stream.js';
import { MessageParts } from './message-parts.js';
import { MESSAGE_BYTES } from './websocket-options.js';

/** Bytes that may wait in a WebSocket, like a socket's own high-water mark; past them, writing pauses. */
const HIGH_WATER_BYTES = 64 * 1024;
const NORMAL_CLOSURE = 1000;
/** Close codes of an end in order: normal, peer going away, no code given, no close frame. */
const ORDERLY = new Set([NORMAL_CLOSURE, 1001, 1005, 1006]);

/** Parts of a stream beside its WebSocket. */
interface WebSocketParts {
  /** Given where parts of messages are to be reported. */
  readonly socket?: Socket;
  readonly facts?: StreamFacts | undefined;
  /** Puts the cause of an error into words. */
  explain?(error: Error): Error;
}

/** The stream of a WebSocket of the package ws: the payloads of its binary messages. */
export class WebSocketStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly facts: StreamFacts | undefined;
  readonly #ws: WebSocket;
  #wantsDrain = false;
  #isEnding = false;
  #isClosed = false;
  #failure: Error | undefined;
  #handler: StreamHandler | undefined;
  readonly #messageParts: MessageParts | undefined;

  /**
   * Must be made as soon as the WebSocket is open: bytes that the peer sent with the upgrade follow at once.
   */
  constructor(ws: WebSocket, peer: string, address: string, { socket, facts, explain }: WebSocketParts = {}) {
    this.#ws = ws;
    this.peer = peer;
    this.address = address;
    this.facts = facts;
    ws.binaryType = 'nodebuffer';
    ws.pause();
    ws.on('message', (data: RawData) => {
      this.#messageParts?.messageEnded();
      this.#handler?.onData(data as Buffer);
    });
    if (socket !== undefined)
      this.#messageParts = new MessageParts(socket, (bytes) => this.#handler?.onPartial?.(bytes));
    ws.on('error', (error) => {
      this.#failure ??= explain?.(error) ?? error;
      // ws would wait half a minute for the peer's close frame.
      ws.terminate();
    });
    ws.on('ping', () => {
      // ws ends a connection that requests too many pongs at once, and gives no reason.
      if (ws.readyState !== ws.OPEN && !this.#isEnding)
        this.#failure ??= new Error('the peer sends pings and does not read the answers');
    });
    ws.once('close', (code) => {
      if (!ORDERLY.has(code)) this.#failure ??= new Error(`the peer closed it with code ${code}`);
      this.#isClosed = true;
      this.#handler?.onClose(this.#failure);
    });
  }

  get pendingBytes(): number {
    return this.#ws.bufferedAmount;
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
    if (this.#isClosed) nextTick(() => handler.onClose(this.#failure));
    else this.#ws.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#ws.readyState !== this.#ws.OPEN) return false; // the close event follows
    if (bytes.length <= MESSAGE_BYTES) this.#ws.send(bytes, this.#onSent);
    else
      for (let at = 0; at < bytes.length; at += MESSAGE_BYTES)
        this.#ws.send(bytes.subarray(at, at + MESSAGE_BYTES), this.#onSent);
    if (this.#ws.bufferedAmount < HIGH_WATER_BYTES) return true;
    this.#wantsDrain = true;
    return false;
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  end(): void {
    this.#isEnding = true;
    this.#ws.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#isEnding = true;
    this.#ws.terminate();
  }

  /** Stands for the drain event, which ws lacks: ws calls back when the bytes of a message have left. */
  readonly #onSent = (): void => {
    if (!this.#wantsDrain || this.#ws.bufferedAmount >= HIGH_WATER_BYTES) return;
    this.#wantsDrain = false;
    this.#handler?.onDrain();
  };
}
