import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { Emitter } from '../../lib/emitter.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { MailBox, MailBoxEvents, MailBoxState } from '../../mailbox/index.js';
import { resolveMailStationOptions } from '../../station/index.js';
import { Outbox } from '../../station/outbox.js';
import { type FakeCall, fakeCall, mockClock, told } from '../lib/transport/support.js';

const SERVER: ServerInfo = { id: 'test-1', serverType: 'test', port: 3333 };
const DRAIN_TIMEOUT_MS = 700;
const REMOVED = new RpcError(RpcCode.ServerRemoved, 'server test-1 was removed');

/** A mailbox without a connection: the test says what happens to it. */
class FakeMailBox extends Emitter<MailBoxEvents> implements MailBox {
  readonly server: ServerInfo;
  readonly sent: OutgoingCall[] = [];
  readonly attempts = { count: 1, forMs: 10, isAccepted: false };
  readonly latency = undefined;
  readonly generation = undefined;
  state: MailBoxState = 'idle';
  isFull = false;
  inFlight = 0;
  lastFailure: RpcError | undefined;
  closedWith: unknown[] | undefined;
  /** Called for each call that is sent. */
  onSend: (call: OutgoingCall) => void = () => {};

  constructor(server: ServerInfo) {
    super();
    this.server = server;
  }

  moveTo(to: MailBoxState, failure?: RpcError): void {
    const from = this.state;
    this.state = to;
    this.lastFailure = to === 'ready' ? undefined : (failure ?? this.lastFailure);
    this.emit('state', to, from, failure);
  }

  connect(): void {
    if (this.state === 'idle') this.moveTo('connecting');
  }

  send(call: OutgoingCall): void {
    this.sent.push(call);
    this.onSend(call);
  }

  /** With time to drain: unanswered calls never end in these tests. */
  close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.closedWith = [reason.code, timeoutMs];
    return timeoutMs === DRAIN_TIMEOUT_MS ? new Promise(() => {}) : Promise.resolve();
  }
}

function setUp(t: TestContext, pendingSize = 10) {
  const clock = mockClock(t);
  const made: FakeMailBox[] = [];
  const moves: string[] = [];
  const options = resolveMailStationOptions({ pendingSize, drainTimeout: DRAIN_TIMEOUT_MS });
  const outbox = new Outbox(
    options,
    { onState: (mailbox, to, from) => void moves.push(`${mailbox.server.id} ${from} -> ${to}`) },
    {
      make: (server) => {
        const mailbox = new FakeMailBox(server);
        made.push(mailbox);
        return mailbox;
      },
    },
  );
  const mailbox = outbox.open(SERVER) as FakeMailBox;
  const send = (timeout = 1_000): FakeCall => {
    const fake = fakeCall({ timeout });
    fake.call.serverId = SERVER.id;
    outbox.send(fake.call, outbox.mailbox(SERVER.id) ?? mailbox);
    return fake;
  };
  return { clock, outbox, mailbox, made, moves, send };
}

const failed = () => new RpcError(RpcCode.Connect, 'connect ECONNREFUSED');

describe('Outbox', () => {
  it('connects for the first call, and sends waiting calls in order once the mailbox is ready', (t) => {
    const { mailbox, send, moves, outbox } = setUp(t);
    const calls = [send(), send(), send()].map(({ call }) => call);
    assert.deepEqual(
      [mailbox.state, mailbox.sent, outbox.waiting, outbox.inFlight('test-1')],
      ['connecting', [], 3, 3],
    );
    assert.deepEqual(
      calls.map(({ state, stage }) => [state, stage]),
      Array(3).fill(['queued', 'waiting for a connection']),
    );
    mailbox.moveTo('ready');
    assert.deepEqual(mailbox.sent, calls);
    assert.equal(outbox.waiting, 0);
    assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
    const { call } = send();
    assert.equal(mailbox.sent.at(-1), call, 'sent at once while ready');
  });

  it('puts a call that comes while waiting ones are sent behind them', (t) => {
    const { mailbox, send } = setUp(t);
    const first = send();
    const second = send();
    const late: FakeCall[] = [];
    mailbox.onSend = (call) => {
      if (call === first.call) late.push(send());
    };
    mailbox.moveTo('ready');
    assert.deepEqual(mailbox.sent, [first.call, second.call, late[0]?.call]);
  });

  it('holds calls for a full mailbox until it has drained, and stops when it is full again', (t) => {
    const { mailbox, send } = setUp(t);
    mailbox.moveTo('ready');
    mailbox.isFull = true;
    const calls = [send(), send()].map(({ call }) => call);
    assert.deepEqual([mailbox.sent, calls[0]?.stage], [[], 'waiting for room on its connection']);
    mailbox.isFull = false;
    mailbox.onSend = () => {
      mailbox.isFull = true;
    };
    mailbox.emit('drained');
    assert.deepEqual(mailbox.sent, [calls[0]]);
    mailbox.isFull = false;
    mailbox.emit('drained');
    assert.deepEqual(mailbox.sent, calls);
  });

  it('rejects a call past pendingSize at once, and names the option', (t) => {
    const { send } = setUp(t, 2);
    send();
    send();
    const { outcomes } = send();
    assert.deepEqual(told(outcomes), ['ERR_RPC_PENDING_FULL not-sent']);
    const [{ error } = {}] = outcomes as { error?: Error }[];
    assert.match(
      error?.message ?? '',
      /not sent: 2 calls already wait for a connection to \S+ at \S+, and pendingSize allows no more; call less often, or raise pendingSize$/,
    );
  });

  it('fails a call that waits until its deadline with the last attempt to connect', (t) => {
    const { clock, mailbox, send } = setUp(t);
    const { outcomes } = send(50);
    mailbox.moveTo('backoff', failed());
    clock.advance(60);
    assert.deepEqual(told(outcomes), ['ERR_RPC_CONNECT not-sent']);
  });

  it('fails at once a call that does not wait for its server, when the server is seen to be out of reach', (t) => {
    const { mailbox, send, outbox } = setUp(t);
    const patient = send();
    const hasty = fakeCall();
    hasty.call.serverId = SERVER.id;
    Object.defineProperty(hasty.call, 'waitForReady', { value: false });
    outbox.send(hasty.call, mailbox);
    assert.deepEqual(hasty.outcomes, [], 'nothing is known of the server yet');
    mailbox.moveTo('backoff', failed());
    assert.deepEqual([told(hasty.outcomes), patient.outcomes], [['ERR_RPC_CONNECT not-sent'], []]);
    const next = fakeCall();
    Object.defineProperty(next.call, 'waitForReady', { value: false });
    outbox.send(next.call, mailbox);
    assert.deepEqual(told(next.outcomes), ['ERR_RPC_CONNECT not-sent']);
  });

  it('fails waiting calls of a removed server, and drains its mailbox', (t) => {
    const { mailbox, send, outbox } = setUp(t);
    const { outcomes } = send();
    outbox.remove('test-1', REMOVED);
    assert.deepEqual(told(outcomes), ['ERR_RPC_SERVER_REMOVED not-sent']);
    assert.deepEqual(mailbox.closedWith, ['ERR_RPC_SERVER_REMOVED', DRAIN_TIMEOUT_MS]);
    assert.equal(outbox.mailbox('test-1'), undefined);
  });

  it('sends waiting calls to the new address of a server that moved, and none by the old one', (t) => {
    const { mailbox, made, send, outbox } = setUp(t);
    const { call } = send();
    outbox.move({ ...SERVER, port: 4444 }, REMOVED);
    const [, moved] = made;
    assert.deepEqual([moved?.state, mailbox.closedWith], ['connecting', ['ERR_RPC_SERVER_REMOVED', DRAIN_TIMEOUT_MS]]);
    mailbox.moveTo('ready');
    assert.deepEqual(mailbox.sent, []);
    moved?.moveTo('ready');
    assert.deepEqual(moved?.sent, [call]);
  });

  it('sends a returned call anew, and fails it where its server was removed meanwhile', (t) => {
    const { mailbox, send, outbox } = setUp(t);
    mailbox.moveTo('ready');
    const { call } = send();
    mailbox.emit('returned', call);
    assert.deepEqual(mailbox.sent, [call, call]);
    outbox.remove('test-1', REMOVED);
    const late = fakeCall();
    mailbox.emit('returned', late.call);
    assert.deepEqual(told(late.outcomes), ['ERR_RPC_SERVER_REMOVED not-sent']);
  });

  it('closes the mailboxes that are being drained too', async (t) => {
    const { mailbox, made, outbox } = setUp(t);
    outbox.move({ ...SERVER, port: 4444 }, REMOVED);
    outbox.open({ ...SERVER, port: 4444 });
    assert.deepEqual(mailbox.closedWith, ['ERR_RPC_SERVER_REMOVED', DRAIN_TIMEOUT_MS]);
    await outbox.closeAll(new RpcError(RpcCode.Closed, 'stopped'), 5);
    assert.deepEqual(
      [mailbox, made.at(-1)].map((each) => each?.closedWith),
      Array(2).fill(['ERR_RPC_CLOSED', 5]),
    );
  });
});
