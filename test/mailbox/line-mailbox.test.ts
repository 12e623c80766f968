import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { LineMailBox, type MailBoxState, resolveMailBoxOptions } from '../../mailbox/index.js';
import { fakeCall, mockClock, tick, told } from '../lib/transport/support.js';
import { fakeDial, LOST, REFUSED, STOPPED } from './support.js';

const SERVER: ServerInfo = { id: 'test-1', serverType: 'test', host: '10.0.0.7', port: 3_333, transport: 'ws' };

function setUp(t: TestContext, options = {}, isWanted?: () => boolean) {
  const clock = mockClock(t);
  t.mock.method(Math, 'random', () => 0.5); // the waits of the backoff without their jitter
  const { attempts, openLine, latest } = fakeDial();
  const mailbox = new LineMailBox(SERVER, resolveMailBoxOptions({ drainTimeout: 500, ...options }), openLine, isWanted);
  t.after(() => mailbox.close(STOPPED, 0));
  const states: string[] = [];
  const reasons: (RpcCode | undefined)[] = [];
  mailbox.on('state', (to, _from, reason) => {
    states.push(to);
    reasons.push(reason?.code);
  });
  const ready = async () => {
    mailbox.connect();
    await latest().accept();
    assert.equal(mailbox.state, 'ready');
    return latest().line;
  };
  /** Waits, on the mocked clock, until the mailbox dials again. */
  const redials = () => {
    const before = attempts.length;
    for (let ms = 0; ms < 10_000; ms++) {
      if (attempts.length > before) return ms;
      clock.advance(1);
    }
    return assert.fail('the mailbox did not dial again');
  };
  return { clock, mailbox, attempts, latest, states, reasons, ready, redials };
}

describe('LineMailBox: a connection that no call needs', () => {
  it('is tried every five seconds, and at once where a call needs it after all', async (t) => {
    let isWanted = true;
    const { mailbox, latest, redials, attempts } = setUp(t, {}, () => isWanted);
    mailbox.connect();
    await latest().refuse(REFUSED);
    assert.ok(redials() < 10);
    isWanted = false;
    await latest().refuse(REFUSED);
    assert.equal(redials(), 5_000);
    await latest().refuse(REFUSED);
    mailbox.connect();
    assert.equal(redials(), 20);
    await latest().refuse(REFUSED);
    const before = attempts.length;
    for (let i = 0; i < 100; i++) mailbox.connect();
    assert.deepEqual([redials(), attempts.length], [20, before + 1], 'one attempt, however often it is asked for');
  });
});

describe('LineMailBox: dialling', () => {
  it('dials when it is asked to connect, the server’s endpoint under its id', async (t) => {
    const { mailbox, attempts, latest, states } = setUp(t, { keepalive: 7_000 });
    assert.equal(attempts.length, 0);
    mailbox.connect();
    mailbox.connect();
    assert.equal(attempts.length, 1);
    const { options } = latest();
    assert.deepEqual(
      [options.channel, options.heartbeatInterval, options.endpoint],
      ['test-1', 7_000, { transport: 'ws', host: '10.0.0.7', port: 3_333, path: '/' }],
    );
    await latest().accept();
    assert.deepEqual(states, ['connecting', 'ready']);
  });

  it('sends calls while it is ready, and refuses them in every other state', async (t) => {
    const { mailbox, latest, ready } = setUp(t);
    const early = fakeCall();
    mailbox.send(early.call);
    mailbox.connect();
    const connecting = fakeCall();
    mailbox.send(connecting.call);
    assert.deepEqual(told([...early.outcomes, ...connecting.outcomes]), Array(2).fill(`${RpcCode.Closed} not-sent`));
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    assert.deepEqual([latest().line.sent, mailbox.inFlight, outcomes], [[call], 1, []]);
  });

  it('is as full, and as quick, as its line, and passes on that the line has drained', async (t) => {
    const { mailbox, ready } = setUp(t);
    assert.deepEqual([mailbox.isFull, mailbox.latency], [false, undefined]);
    const line = await ready();
    let drained = 0;
    mailbox.on('drained', () => drained++);
    line.isFull = true;
    line.latency = 12;
    assert.deepEqual([mailbox.isFull, mailbox.latency], [true, 12]);
    line.drained();
    assert.deepEqual([mailbox.isFull, drained], [false, 1]);
  });

  it('counts its attempts, and keeps the reason of the last one until a line stands', async (t) => {
    const { mailbox, latest, redials, states, reasons } = setUp(t);
    mailbox.connect();
    await latest().refuse();
    assert.deepEqual([mailbox.state, mailbox.lastFailure, mailbox.attempts.count], ['backoff', REFUSED, 1]);
    redials();
    assert.equal(mailbox.attempts.count, 2);
    await latest().refuse(new Error('no RpcError'));
    assert.deepEqual([mailbox.lastFailure?.code, mailbox.lastFailure?.message], [RpcCode.Connect, 'no RpcError']);
    redials();
    await latest().accept();
    assert.deepEqual([mailbox.lastFailure, mailbox.attempts.count], [undefined, 0]);
    assert.deepEqual(states, ['connecting', 'backoff', 'connecting', 'backoff', 'connecting', 'ready']);
    assert.deepEqual(reasons.filter(Boolean), [RpcCode.Connect, RpcCode.Connect]);
  });

  it('dials quickly at first, and then ever less often', async (t) => {
    const { mailbox, latest, redials } = setUp(t);
    mailbox.connect();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      await latest().refuse();
      waits.push(redials());
    }
    assert.deepEqual(waits.slice(0, 7), [1, 1, 2, 4, 8, 16, 32]);
    assert.deepEqual(
      waits.slice(7),
      [...waits.slice(7)].sort((a, b) => a - b),
    );
    assert.ok((waits[7] ?? 0) >= 50);
  });
});

describe('LineMailBox: a lost line', () => {
  it('is replaced by another one; the calls on the lost one fail', async (t) => {
    const { mailbox, attempts, latest, states, ready, redials } = setUp(t);
    const line = await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    line.close();
    assert.deepEqual(told(outcomes), [`${RpcCode.ConnectionLost} unknown`]);
    redials();
    await latest().accept();
    assert.equal(attempts.length, 2);
    assert.deepEqual(states, ['connecting', 'ready', 'backoff', 'connecting', 'ready']);
  });

  it('that had answered, or had stood for a while, begins the backoff anew', async (t) => {
    const { clock, mailbox, latest, ready, redials } = setUp(t);
    mailbox.connect();
    for (let attempt = 0; attempt < 5; attempt++) {
      await latest().refuse();
      redials();
    }
    await latest().accept();
    latest().line.hasAnswered = true;
    latest().line.close();
    assert.equal(redials(), 1);
    await latest().accept();
    clock.advance(250);
    latest().line.close();
    assert.equal(redials(), 1);
    await ready();
  });

  it('that a server ends at once counts as a failed attempt, so that the backoff goes on', async (t) => {
    const { mailbox, latest, redials } = setUp(t);
    mailbox.connect();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await latest().accept();
      latest().line.close();
      waits.push(redials());
    }
    assert.deepEqual(waits.slice(0, 7), [1, 1, 2, 4, 8, 16, 32]);
    assert.ok((waits[7] ?? 0) >= 50);
    assert.equal(mailbox.lastFailure, LOST);
  });

  it('that was closed before the mailbox could use it counts as a failed attempt', async (t) => {
    const { mailbox, latest, states } = setUp(t);
    mailbox.connect();
    latest().line.closeReason = LOST;
    await latest().accept();
    assert.deepEqual([mailbox.state, mailbox.lastFailure, states], ['backoff', LOST, ['connecting', 'backoff']]);
  });
});

describe('LineMailBox: goaway', () => {
  it('drains the line, which still answers, while another one is dialled', async (t) => {
    const { mailbox, latest, states, reasons, ready, redials } = setUp(t);
    const old = await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    old.goaway();
    assert.deepEqual(old.ends, ['drain 2147483647'], 'each call has a deadline of its own');
    assert.deepEqual([states.at(-1), reasons.at(-1), mailbox.inFlight], ['backoff', RpcCode.Stopping, 1]);
    assert.equal(redials(), 1);
    await latest().accept();
    assert.equal(mailbox.state, 'ready');
    call.succeed(['late']);
    old.close();
    assert.deepEqual([told(outcomes), mailbox.state, mailbox.inFlight], [['ok late'], 'ready', 0]);
  });

  it('that came together with the registration is no success', async (t) => {
    const { mailbox, latest, states } = setUp(t);
    mailbox.connect();
    latest().line.isGoingAway = true;
    await latest().accept();
    assert.deepEqual(latest().line.ends, ['drain 500']);
    assert.deepEqual([mailbox.lastFailure?.code, states], [RpcCode.Stopping, ['connecting', 'backoff']]);
  });

  it('of a line that drains already changes nothing', async (t) => {
    const { mailbox, latest, ready, redials } = setUp(t);
    const old = await ready();
    old.goaway();
    redials();
    await latest().accept();
    old.goaway();
    assert.deepEqual([mailbox.state, old.ends.length], ['ready', 1]);
  });
});

describe('LineMailBox: idling', () => {
  it('ends a line without calls after idleTimeout, and connects again when asked', async (t) => {
    const { clock, mailbox, attempts, states, ready } = setUp(t, { idleTimeout: 1_000 });
    const line = await ready();
    clock.advance(1_000);
    assert.deepEqual([mailbox.state, line.ends], ['idle', ['drain 500']]);
    line.close();
    assert.deepEqual(states, ['connecting', 'ready', 'idle']);
    await ready();
    assert.equal(attempts.length, 2);
  });

  it('stays while calls are made, or wait for their answers', async (t) => {
    const { clock, mailbox, ready } = setUp(t, { idleTimeout: 1_000 });
    const line = await ready();
    const first = fakeCall();
    mailbox.send(first.call);
    first.call.succeed([]);
    clock.advance(1_000);
    assert.equal(mailbox.state, 'ready', 'a call was made in this time');
    const second = fakeCall({ timeout: 60_000 });
    mailbox.send(second.call);
    clock.advance(3_000);
    assert.equal(mailbox.state, 'ready', 'a call is in flight');
    second.call.succeed([]);
    clock.advance(1_000);
    assert.deepEqual([mailbox.state, line.ends], ['idle', ['drain 500']]);
  });
});

describe('LineMailBox: closing', () => {
  /** Brings a mailbox into each state, and says whether a close in it has a line to drain. */
  const states: Readonly<
    Record<
      Exclude<MailBoxState, 'preparing' | 'draining' | 'closed'>,
      (world: ReturnType<typeof setUp>) => Promise<unknown>
    >
  > = {
    idle: async () => {},
    connecting: async ({ mailbox }) => mailbox.connect(),
    ready: ({ ready }) => ready(),
    backoff: async ({ mailbox, latest }) => {
      mailbox.connect();
      await latest().refuse();
    },
  };

  for (const [state, reach] of Object.entries(states)) {
    it(`at once, ends a mailbox that is ${state}, for good`, async (t) => {
      const world = setUp(t);
      await reach(world);
      assert.equal(world.mailbox.state, state);
      const closes: string[] = [];
      world.mailbox.on('close', (id) => closes.push(id));
      await world.mailbox.close(STOPPED, 0);
      world.mailbox.connect();
      await tick();
      assert.deepEqual([world.mailbox.state, closes, world.clock.timers], ['closed', ['test-1'], 0]);
      if (state === 'ready') assert.deepEqual(world.latest().line.ends, ['destroy']);
      if (state === 'connecting') assert.equal(world.latest().signal.reason, STOPPED);
      const { call, outcomes } = fakeCall();
      world.mailbox.send(call);
      assert.deepEqual(told(outcomes), [`${RpcCode.Closed} not-sent`]);
    });
  }

  it('in order, waits for the answers of a line, and for a draining one', async (t) => {
    const { mailbox, latest, ready, redials } = setUp(t);
    const old = await ready();
    old.goaway();
    redials();
    await latest().accept();
    const closed = mailbox.close(STOPPED, 300);
    assert.deepEqual([mailbox.state, latest().line.ends], ['draining', ['drain 300']]);
    latest().line.close();
    assert.equal(mailbox.state, 'draining', 'the old line still answers');
    old.close();
    await closed;
    assert.equal(mailbox.state, 'closed');
  });

  it('in order, without any line, is over at once, and aborts an attempt', async (t) => {
    const { mailbox, latest } = setUp(t);
    mailbox.connect();
    await mailbox.close(STOPPED, 300);
    assert.deepEqual([mailbox.state, latest().signal.aborted], ['closed', true]);
  });

  it('in order, while another line is dialled after a goaway, aborts that attempt', async (t) => {
    const { mailbox, latest, ready, redials } = setUp(t);
    const old = await ready();
    old.goaway();
    redials();
    const closed = mailbox.close(STOPPED, 300);
    await tick();
    assert.deepEqual([mailbox.state, latest().signal.aborted], ['draining', true]);
    old.close();
    await closed;
  });

  it('is cut off when its time is over', async (t) => {
    const late = setUp(t);
    const line = await late.ready();
    const { call, outcomes } = fakeCall();
    late.mailbox.send(call);
    const closed = late.mailbox.close(STOPPED, 300);
    assert.equal(late.mailbox.close(STOPPED, 100), closed, 'the same promise');
    late.clock.advance(299);
    assert.equal(late.mailbox.state, 'draining');
    late.clock.advance(1);
    await closed;
    assert.deepEqual([line.ends, told(outcomes)], [['drain 300', 'destroy'], [`${RpcCode.Closed} unknown`]]);
  });

  it('is cut off when it is forced', async (t) => {
    const { mailbox, ready } = setUp(t);
    const line = await ready();
    void mailbox.close(STOPPED, 300);
    await mailbox.close(STOPPED, 0);
    assert.deepEqual(line.ends, ['drain 300', 'destroy']);
  });

  it('destroys a line that comes too late', async (t) => {
    const { mailbox, latest } = setUp(t);
    mailbox.connect();
    const attempt = latest();
    const accepted = attempt.accept(); // before the abort is seen
    await mailbox.close(new RpcError(RpcCode.ServerRemoved, 'the server was removed'), 0);
    await accepted;
    assert.deepEqual([mailbox.state, attempt.line.ends], ['closed', ['destroy']]);
  });
});
