import type { Settle } from '../../../lib/call/call-contract.js';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../../lib/call/remote-method.js';
import { quietLogger } from '../../../lib/diagnostics.js';
import { Emitter } from '../../../lib/emitter.js';
import type { RpcError } from '../../../lib/errors.js';
import type { RelayHead } from '../../../lib/protocol/message.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { type FrameView, REQUEST } from '../../../lib/protocol/packet.js';
import { RelayPeer } from '../../../lib/relay/relay-peer.js';
import { answerRelayed, RelayedCall } from '../../../lib/relay/relayed-call.js';
import type { ServerInfo } from '../../../lib/server-info.js';
import type { RegisteredFollower } from '../../../lib/serving/channel.js';
import { type MailBox, type MailBoxEvents, type MailBoxState, resolveMailBoxOptions } from '../../../mailbox/index.js';
import type { RelayOptions } from '../../../mailbox/shared/options.js';
import type { PooledMailBoxUser } from '../../../mailbox/shared/pooled-mailbox.js';

export const SERVER: ServerInfo = { id: 'test-1', serverType: 'test', port: 3_333 };

export function relayOptions(options: object = {}, pendingSize = 10): RelayOptions {
  return { pendingSize, drainTimeout: 500, mailbox: resolveMailBoxOptions(options), logger: quietLogger };
}

/** A mailbox that the test moves. */
export class FakeMailBox extends Emitter<MailBoxEvents> implements MailBox {
  readonly server: ServerInfo;
  readonly attempts = { count: 0, forMs: 0, isAccepted: false };
  readonly sent: OutgoingCall[] = [];
  /** The time that each close was given, ms. */
  readonly closes: number[] = [];
  readonly latency = undefined;
  readonly generation = undefined;
  state: MailBoxState = 'idle';
  /** Calls after which the mailbox is full. */
  room = Number.POSITIVE_INFINITY;
  lastFailure: RpcError | undefined;
  #resolveClosed: (() => void) | undefined;

  constructor(server: ServerInfo = SERVER) {
    super();
    this.server = server;
  }

  get isFull(): boolean {
    return this.sent.length >= this.room;
  }

  get inFlight(): number {
    return this.sent.filter((call) => !call.isSettled).length;
  }

  move(to: MailBoxState, reason?: RpcError): void {
    const from = this.state;
    this.state = to;
    this.emit('state', to, from, reason);
  }

  connect(): void {
    if (this.state === 'idle') this.move('connecting');
  }

  send(call: OutgoingCall): void {
    this.sent.push(call);
  }

  drained(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.emit('drained');
  }

  /** Closed when the test says so, or at once. */
  close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.closes.push(timeoutMs);
    return new Promise((resolve) => {
      this.#resolveClosed = resolve;
      if (timeoutMs === 0) this.finishClose(reason);
    });
  }

  finishClose(reason?: RpcError): void {
    this.move('closed', reason);
    this.#resolveClosed?.();
  }
}

/** Writes down what the user of a real mailbox is notified of; a state that is reported again is left out. */
export function fakeUser(): PooledMailBoxUser & { readonly news: string[] } {
  const news: string[] = [];
  return {
    news,
    onStatus: ({ state }) => void (news.at(-1) !== state && news.push(state)),
    onFull: () => void news.push('full'),
    onDrained: () => void news.push('drained'),
  };
}

/** A Follower that has registered, without a connection. */
export function fakeFollower() {
  const connection = {
    isOpen: true,
    peer: 'follower:1',
    send: (kind: number, _id: number, _timeout: number, head: Uint8Array) => {
      if (kind === REQUEST) told.push(JSON.parse(Buffer.from(head).toString()));
    },
  };
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  const told: any[] = [];
  const answers: string[] = [];
  const calls = { running: 0 };
  const follower = {
    connection,
    codec: msgpackCodec,
    calls: {
      taken: () => void calls.running++,
      released: () => void calls.running--,
    },
    answers: {
      results: (id: number, _method: string, results: readonly unknown[]) => answers.push(`${id} ok ${results.join()}`),
      bytes: (id: number) => answers.push(`${id} bytes`),
      failure: (id: number, _error: Error, code: string | undefined) => answers.push(`${id} failed ${code}`),
      relayFailure: (id: number, { code, delivery }: RpcError) => answers.push(`${id} ${code} ${delivery}`),
    },
  };
  return {
    connection,
    told,
    answers,
    calls,
    follower: follower as unknown as RegisteredFollower,
    peer: new RelayPeer(follower as unknown as RegisteredFollower),
  };
}

export function relayHead(head: Partial<RelayHead> = {}): RelayHead {
  return { type: 'relay', to: 1, method: 'user.m.f', argLength: 1, oneway: false, meta: false, ...head } as RelayHead;
}

/** The frame of a relayed call, whose arguments take so many bytes. */
export function relayFrame(id: number, bodyBytes = 8, timeout = 1_000): FrameView {
  return { id, timeout, bytes: Buffer.alloc(bodyBytes), bodyStart: 0, end: bodyBytes } as FrameView;
}

/** A call that a Follower has sent to be relayed. */
export function relayedCall(
  { peer }: ReturnType<typeof fakeFollower>,
  id: number,
  { bodyBytes = 8, timeout = 1_000 } = {},
): RelayedCall {
  const method = RemoteMethod.named('user.m.f');
  const settle: Settle = (error, results) => answerRelayed(peer, id, relayHead(), error, results);
  return new RelayedCall(peer, relayHead(), relayFrame(id, bodyBytes, timeout), method, settle);
}
