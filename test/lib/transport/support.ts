import type { TestContext } from 'node:test';
import type { CallOptions } from '../../../lib/call/call-contract.js';
import type { Stage } from '../../../lib/call/call-state.js';
import { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../../lib/call/remote-method.js';
import type { RpcError } from '../../../lib/errors.js';
import { eventLoop } from '../../../lib/event-loop.js';
import type { ByteStream, StreamHandler } from '../../../lib/transport/byte-stream.js';

/** A clock that only the test moves: `performance.now`, timeouts and intervals. */
export interface MockClock {
  readonly now: number;
  /** Timers that are set. */
  readonly timers: number;
  /** Moves on ms by ms, so that each timer sees the time at which it is due. */
  advance(ms: number): void;
  /** Moves on in one step, as when the event loop was blocked: what was due meanwhile fires late, at its end. */
  stall(ms: number): void;
}

interface FakeTimer {
  readonly callback: (...args: unknown[]) => void;
  readonly args: unknown[];
  /** Undefined: it fires once. */
  readonly interval: number | undefined;
  dueAt: number;
}

/**
 * Node's own mock timers go on with an interval that is cleared in its callback (Node 20), and leave
 * `performance.now` as it is.
 */
export function mockClock(t: TestContext, startAt = 1_000): MockClock {
  let now = startAt;
  const timers = new Set<FakeTimer>();
  const start = (callback: FakeTimer['callback'], delay: unknown, args: unknown[], repeats: boolean) => {
    const ms = Math.max(1, Math.trunc(Number(delay) || 0)); // as Node does
    const timer = { callback, args, interval: repeats ? ms : undefined, dueAt: now + ms };
    timers.add(timer);
    const handle = { timer, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };
  const clear = (handle: { timer?: FakeTimer } | null | undefined) => {
    if (handle?.timer !== undefined) timers.delete(handle.timer);
  };
  const fakes = {
    setTimeout: (callback: () => void, ms: unknown, ...args: unknown[]) => start(callback, ms, args, false),
    setInterval: (callback: () => void, ms: unknown, ...args: unknown[]) => start(callback, ms, args, true),
    clearTimeout: clear,
    clearInterval: clear,
  };
  for (const [name, fake] of Object.entries(fakes)) t.mock.method(globalThis, name as 'setTimeout', fake as never);
  t.mock.method(performance, 'now', () => now);
  // This process's own event loop goes by another clock.
  for (const name of ['enter', 'leave', 'touch'] as const) t.mock.method(eventLoop, name, () => {});
  t.mock.method(eventLoop, 'justBlocked', () => 0);

  const fireDue = () => {
    for (const timer of [...timers].sort((a, b) => a.dueAt - b.dueAt)) {
      if (timer.dueAt > now || !timers.has(timer)) continue;
      if (timer.interval === undefined) timers.delete(timer);
      else timer.dueAt = now + timer.interval;
      timer.callback(...timer.args);
    }
  };
  return {
    get now() {
      return now;
    },
    get timers() {
      return timers.size;
    },
    advance(ms) {
      for (let passed = 0; passed < ms; passed++) {
        now += 1;
        fireDue();
      }
    },
    stall(ms) {
      now += ms;
      fireDue();
    },
  };
}

/** Resolves after all of this tick's `process.nextTick` callbacks, however deep. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A stream without a socket: what was written is kept, what the peer does is said by the test. */
export class FakeStream implements ByteStream {
  readonly peer: string = 'fake:1';
  /** The peer without its port. */
  get address(): string {
    return this.peer.replace(/:\d+$/, '');
  }

  /** One entry a write. */
  readonly writes: Buffer[] = [];
  pendingBytes = 0;
  /** False: it keeps what is written, and asks for no more. */
  accepts = true;
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  #handler: StreamHandler | undefined;

  get handler(): StreamHandler {
    if (this.#handler === undefined) throw new Error('the stream was not opened');
    return this.#handler;
  }

  get written(): Buffer {
    return Buffer.concat(this.writes);
  }

  get packets(): Packet[] {
    return packetsOf(this.written);
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
  }

  write(bytes: Buffer): boolean {
    if (this.isEnded || this.isDestroyed) throw new Error('written after the end');
    this.writes.push(Buffer.from(bytes)); // a copy: the writer reuses what has been taken
    if (!this.accepts) this.pendingBytes += bytes.length;
    return this.accepts;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** Hands the pieces on in memory that is used again afterwards, as sockets do. */
  receive(...pieces: Buffer[]): void {
    for (const piece of pieces) {
      const chunk = Buffer.from(piece);
      this.handler.onData(chunk);
      chunk.fill(0xff);
    }
  }

  drain(): void {
    this.pendingBytes = 0;
    this.accepts = true;
    this.handler.onDrain();
  }

  close(error?: Error): void {
    this.handler.onClose(error);
  }
}

/** A packet taken apart. Written from the table of the packet's layout, and not with the library's own code. */
export interface Packet {
  readonly kind: number;
  readonly id: number;
  readonly timeout: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  readonly head: any;
  readonly body: Buffer;
}

const HEADER_BYTES = 24;

/** `head`: an object, or any text in its place. */
export function packet(
  kind: number,
  id: number,
  timeout: number,
  head: object | string,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const headBytes = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(1, 0);
  header.writeUInt8(kind, 1);
  header.writeBigInt64BE(BigInt(id), 4);
  header.writeUInt32BE(timeout, 12);
  header.writeUInt32BE(headBytes.length, 16);
  header.writeUInt32BE(body.length, 20);
  return Buffer.concat([header, headBytes, body]);
}

export function request(id: number, head: object | string, body?: Buffer, timeout = 3_000): Buffer {
  return packet(0, id, timeout, head, body);
}

export function response(id: number, head: object | string, body?: Buffer): Buffer {
  return packet(1, id, 1, head, body);
}

/** All the whole packets that lie in the bytes. */
export function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; bytes.length - at >= HEADER_BYTES; ) {
    const headBytes = bytes.readUInt32BE(at + 16);
    const bodyBytes = bytes.readUInt32BE(at + 20);
    const bodyAt = at + HEADER_BYTES + headBytes;
    const end = bodyAt + bodyBytes;
    if (end > bytes.length) break;
    const head = bytes.toString('utf8', at + HEADER_BYTES, bodyAt);
    packets.push({
      kind: bytes.readUInt8(at + 1),
      id: Number(bytes.readBigInt64BE(at + 4)),
      timeout: bytes.readUInt32BE(at + 12),
      head: head === '' ? {} : JSON.parse(head),
      body: bytes.subarray(bodyAt, end),
    });
    at = end;
  }
  return packets;
}

/** The list in a body: for each item a 4-byte length, and the item. */
export function itemsOf(body: Buffer): Buffer[] {
  const items: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at);
    items.push(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return items;
}

export function listOf(...items: Buffer[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(item.length);
      return [length, item];
    }),
  );
}

export interface FakeCall {
  readonly call: OutgoingCall;
  /** What the caller was told, each time. */
  readonly outcomes: Outcome[];
}
export type Outcome = { error: RpcError } | { results: readonly unknown[] };

export interface FakeCallOptions {
  readonly method?: string;
  readonly args?: unknown[];
  readonly timeout?: number;
  readonly oneway?: boolean;
  readonly options?: CallOptions;
}

/** A call of `user.m.<method>` that writes down how it was settled. */
export function fakeCall({
  method = 'f',
  args = [],
  timeout = 1_000,
  oneway = false,
  options = {},
}: FakeCallOptions = {}): FakeCall {
  const outcomes: Outcome[] = [];
  const remote = new RemoteMethod({ namespace: 'user', serverType: 'test', service: 'm', method });
  const call = new OutgoingCall(remote, args, timeout, oneway, options, undefined, (error, results) => {
    outcomes.push(error === undefined ? { results } : { error });
  });
  return { call, outcomes };
}

/** Moves a call to the state that messages call by this name. */
export function moveTo(call: OutgoingCall, stage: Stage): void {
  if (stage === 'before filters') call.move('filtering');
  if (stage === 'waiting for a connection') call.move('queued', 'connection');
  if (stage === 'waiting for room on its connection') call.move('queued', 'room');
  if (stage === 'waiting to be tried again') call.move('queued', 'attempt');
  if (stage === 'waiting for the answer' || stage === 'after filters') call.move('sent');
  if (stage === 'after filters') call.move('answered');
}

/** `ok 1,2` or the code and the delivery: `ERR_RPC_CLOSED not-sent`. */
export function told(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) =>
    'error' in outcome ? `${outcome.error.code} ${outcome.error.delivery}` : `ok ${outcome.results.join()}`,
  );
}
