import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { before, describe, it, type TestContext } from 'node:test';
import { loadBluebird } from '../../lib/bluebird.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { type CustomMailBox, CustomMailBoxAdapter, resolveMailBoxOptions } from '../../mailbox/index.js';
import { fakeCall, mockClock, tick, told } from '../lib/transport/support.js';

const SERVER: ServerInfo = { id: 'test-1', serverType: 'test', port: 3_333 };
const STOPPED = new RpcError(RpcCode.Closed, 'the client was stopped');

type Done = (error?: unknown) => void;
/** `response`: what the method's callback was given, the error first. */
type Answer = (tracer: null, error?: unknown, response?: unknown[]) => void;

/** As pomelo-rpc's mailboxes are: the tracer first. Connected and answered by the test. */
class PomeloMailBox extends EventEmitter implements CustomMailBox {
  connected: Done = () => assert.fail('connect was not called');
  readonly sent: { msg: unknown; opts: unknown; answer: Answer }[] = [];
  closes = 0;

  connect(tracer: null, callback: Done): void {
    assert.equal(tracer, null);
    this.connected = callback;
  }

  send(tracer: null, msg: unknown, opts: unknown, answer: Answer): void {
    assert.equal(tracer, null);
    this.sent.push({ msg, opts, answer });
  }

  close(): void {
    this.closes += 1;
  }
}

function setUp(t: TestContext, options = {}) {
  const clock = mockClock(t);
  const made: PomeloMailBox[] = [];
  const mailbox = new CustomMailBoxAdapter(
    SERVER,
    (server, opts) => {
      assert.equal(server, SERVER);
      assert.equal(typeof opts, 'object');
      const custom = new PomeloMailBox();
      made.push(custom);
      return custom;
    },
    resolveMailBoxOptions({ connectTimeout: 1_000, drainTimeout: 500, ...options }),
  );
  t.after(() => mailbox.close(STOPPED, 0));
  const states: string[] = [];
  mailbox.on('state', (to) => states.push(to));
  /** The latest one that the factory made. */
  const custom = () => made.at(-1) ?? assert.fail('none was made');
  const ready = async () => {
    mailbox.connect();
    await tick();
    custom().connected();
    await tick();
    assert.equal(mailbox.state, 'ready');
  };
  return { clock, mailbox, made, custom, states, ready };
}

describe('CustomMailBoxAdapter', () => {
  before(() => loadBluebird()); // later uses wait for no file

  it('connects when it is told to, and sends only then', async (t) => {
    const { mailbox, made, custom, states, ready } = setUp(t);
    assert.equal(made.length, 0);
    const early = fakeCall();
    mailbox.send(early.call);
    assert.deepEqual(told(early.outcomes), [`${RpcCode.Closed} not-sent`]);
    await ready();
    assert.deepEqual(states, ['connecting', 'ready']);
    const { call, outcomes } = fakeCall({ args: [1, 'x'], options: { timeout: 5 } });
    mailbox.send(call);
    const [sent] = custom().sent;
    assert.deepEqual(sent?.msg, { namespace: 'user', serverType: 'test', service: 'm', method: 'f', args: [1, 'x'] });
    assert.deepEqual(sent?.opts, { timeout: 5 });
    assert.equal(mailbox.inFlight, 1);
    sent?.answer(null, null, [null, 'a', 'b']);
    assert.deepEqual([told(outcomes), mailbox.inFlight], [['ok a,b'], 0]);
  });

  it('takes one written without the tracer, as in pomelo-rpc’s README', async (t) => {
    mockClock(t);
    const answers: ((error: unknown, ...results: unknown[]) => void)[] = [];
    const plain = Object.assign(new EventEmitter(), {
      connect: (callback: Done) => callback(),
      send: (_msg: unknown, _opts: unknown, callback: (error: unknown, results?: unknown) => void) =>
        answers.push(callback),
      close: () => {},
    });
    const factory = { create: () => plain };
    const mailbox = new CustomMailBoxAdapter(SERVER, factory, resolveMailBoxOptions({}));
    t.after(() => mailbox.close(STOPPED, 0));
    mailbox.connect();
    for (let ticks = 0; ticks < 2; ticks++) await tick(); // bluebird's promises settle a tick later
    const [good, bad, empty] = [fakeCall(), fakeCall(), fakeCall()];
    for (const { call } of [good, bad, empty]) mailbox.send(call);
    answers[0]?.(null, 'a');
    answers[1]?.(new Error('boom'));
    answers[2]?.(null);
    assert.deepEqual(
      [good, bad, empty].map(({ outcomes }) => told(outcomes)[0]?.slice(0, 14)),
      ['ok a', 'ERR_RPC_REMOTE', 'ok '],
    );
  });

  it('forgets a call that is cancelled, and minds no answer that comes later', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    call.isCancellable = true;
    mailbox.send(call);
    call.cancel(new Error('the user left'));
    assert.deepEqual([told(outcomes), mailbox.inFlight], [[`${RpcCode.Cancelled} unknown`], 0]);
    custom().sent[0]?.answer(null, null, [null, 'late']);
    assert.equal(outcomes.length, 1);
  });

  it('takes the first answer', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    const [sent] = custom().sent;
    sent?.answer(null, null, [null, 1]);
    sent?.answer(null, null, [null, 2]);
    sent?.answer(null, new Error('late'));
    assert.deepEqual(told(outcomes), ['ok 1']);
  });

  it('gives each call its deadline, and refuses the answer that comes late', async (t) => {
    const { clock, mailbox, custom, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall({ timeout: 50 });
    mailbox.send(call);
    clock.advance(50);
    assert.deepEqual(told(outcomes), [`${RpcCode.Timeout} unknown`]);
    custom().sent[0]?.answer(null, null, [null, 1]);
    assert.equal(outcomes.length, 1);
  });

  it('fails a call whose send throws, and no other', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    const fine = fakeCall();
    mailbox.send(fine.call);
    t.mock.method(custom(), 'send', (_tracer: null, _msg: unknown, _opts: unknown, _answer: Answer) => {
      throw new Error('no socket');
    });
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    assert.match(told(outcomes)[0] ?? '', /unknown$/);
    assert.deepEqual(fine.outcomes, []);
  });

  it('settles a one-way call when it was handed over', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall({ oneway: true });
    mailbox.send(call);
    assert.deepEqual([told(outcomes), mailbox.inFlight], [['ok '], 0]);
    custom().sent[0]?.answer(null, new Error('nobody asked'));
    assert.equal(outcomes.length, 1);
  });

  it('loses what was sent when it closes, and connects another one', async (t) => {
    const { clock, mailbox, made, custom, states, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    custom().emit('close', 'test-1');
    assert.deepEqual(told(outcomes), [`${RpcCode.ConnectionLost} unknown`]);
    assert.deepEqual([mailbox.state, made[0]?.closes], ['backoff', 1]);
    clock.advance(1);
    await tick();
    assert.equal(made.length, 2);
    custom().connected();
    await tick();
    assert.deepEqual(states, ['connecting', 'ready', 'backoff', 'connecting', 'ready']);
  });

  it('tries again after a failed connection, and says why it failed', async (t) => {
    const { clock, mailbox, made, custom } = setUp(t);
    mailbox.connect();
    await tick();
    custom().connected(new Error('ECONNREFUSED'));
    await tick();
    assert.equal(mailbox.state, 'backoff');
    assert.deepEqual([mailbox.lastFailure?.code, mailbox.lastFailure?.message], [RpcCode.Connect, 'ECONNREFUSED']);
    clock.advance(1);
    await tick();
    assert.equal(made.length, 2);
    custom().connected();
    await tick();
    assert.deepEqual([mailbox.state, mailbox.lastFailure], ['ready', undefined]);
  });

  it('tries again when the factory throws', async (t) => {
    const clock = mockClock(t);
    let asked = 0;
    const factory = () => {
      asked += 1;
      throw new Error('no such transport');
    };
    const mailbox = new CustomMailBoxAdapter(SERVER, factory, resolveMailBoxOptions({}));
    t.after(() => mailbox.close(STOPPED, 0));
    mailbox.connect();
    await tick();
    assert.match(mailbox.lastFailure?.message ?? '', /no such transport/);
    clock.advance(10);
    await tick();
    assert.ok(asked >= 2);
  });

  it('gives up a connection that takes longer than connectTimeout, and closes it', async (t) => {
    const { clock, mailbox, made } = setUp(t);
    mailbox.connect();
    await tick();
    clock.advance(1_000);
    await tick();
    assert.equal(mailbox.state, 'backoff');
    assert.equal(made[0]?.closes, 1);
    assert.match(mailbox.lastFailure?.message ?? '', /the custom mailbox did not connect in 1000 ms/);
  });

  it('is not disturbed by what becomes of an attempt that it has given up', async (t) => {
    const { clock, mailbox, made, custom } = setUp(t);
    mailbox.connect();
    await tick();
    custom().emit('close', 'test-1'); // as pomelo's mqtt mailbox does, which then never calls back
    clock.advance(1);
    await tick();
    custom().connected();
    await tick();
    assert.deepEqual([mailbox.state, made.length], ['ready', 2]);
    const { call, outcomes } = fakeCall({ timeout: 60_000 });
    mailbox.send(call);
    clock.advance(1_000); // the connectTimeout of the first attempt
    await tick();
    assert.deepEqual([mailbox.state, outcomes, custom().closes], ['ready', [], 0]);
    made[0]?.connected();
    made[0]?.emit('close', 'test-1');
    await tick();
    assert.equal(mailbox.state, 'ready');
  });

  it('does not take an old attempt for the new one', async (t) => {
    const { clock, mailbox, made, custom } = setUp(t);
    mailbox.connect();
    await tick();
    custom().emit('close', 'test-1');
    clock.advance(1);
    await tick();
    assert.equal(made.length, 2);
    made[0]?.connected();
    await tick();
    assert.equal(mailbox.state, 'connecting', 'the second one is not connected yet');
  });

  it('closes what is connected after the mailbox was closed', async (t) => {
    const { mailbox, made, custom } = setUp(t);
    mailbox.connect();
    await tick();
    await mailbox.close(STOPPED, 500);
    assert.equal(made[0]?.closes, 1);
    custom().connected();
    await tick();
    assert.equal(mailbox.state, 'closed');
  });

  it('waits for answers when it is closed, and closes when the last is in', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    const closed = mailbox.close(STOPPED, 500);
    assert.equal(mailbox.close(STOPPED, 500), closed, 'the same promise');
    assert.equal(mailbox.state, 'draining');
    const late = fakeCall();
    mailbox.send(late.call);
    assert.deepEqual(told(late.outcomes), [`${RpcCode.Closed} not-sent`]);
    custom().sent[0]?.answer(null, null, [null, 1]);
    await closed;
    assert.deepEqual([told(outcomes), mailbox.state, custom().closes], [['ok 1'], 'closed', 1]);
  });

  it('gives up after drainTimeout, with the reason it was closed for', async (t) => {
    const { clock, mailbox, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall({ timeout: 60_000 });
    mailbox.send(call);
    const closed = mailbox.close(STOPPED, 500);
    clock.advance(500);
    await closed;
    assert.deepEqual(told(outcomes), [`${RpcCode.Closed} unknown`]);
    assert.equal(clock.timers, 0);
  });

  it('closes at once by force', async (t) => {
    const { mailbox, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    const ids: string[] = [];
    mailbox.on('close', (id) => ids.push(id));
    await mailbox.close(STOPPED, 0);
    assert.deepEqual([told(outcomes), ids], [[`${RpcCode.Closed} unknown`], ['test-1']]);
  });

  it('survives a close() that throws', async (t) => {
    const { mailbox, custom, ready } = setUp(t);
    await ready();
    t.mock.method(custom(), 'close', () => {
      throw new Error('already closed');
    });
    await mailbox.close(STOPPED, 500);
    assert.equal(mailbox.state, 'closed');
  });
});
