import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import type { RequestCodec } from '../../../lib/call/request-codec.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { MailBoxState } from '../../../mailbox/index.js';
import { SharedMailBox, type UpstreamSource } from '../../../mailbox/shared/shared-mailbox.js';
import type { Upstream, UpstreamStatus, UpstreamUser } from '../../../mailbox/shared/upstream.js';
import { fakeCall, mockClock, tick, told } from '../../lib/transport/support.js';
import { LOST, REFUSED, STOPPED } from '../support.js';
import { SERVER } from './support.js';

const NOBODY_LEADS = new RpcError(RpcCode.Connect, 'no process leads');

class FakeUpstream implements Upstream {
  readonly sent: OutgoingCall[] = [];
  isFull = false;
  connects = 0;
  releases = 0;

  connect(): void {
    this.connects += 1;
  }

  send(call: OutgoingCall): void {
    call.requestCodec = { lost: (reason: RpcError) => reason.message } as RequestCodec<OutgoingCall>;
    this.sent.push(call);
  }

  release(): void {
    this.releases += 1;
  }
}

/** `leads: false`: there is no way to the server until the test says so. */
function setUp(t: TestContext, { leads = true } = {}) {
  const clock = mockClock(t);
  const upstreams: FakeUpstream[] = [];
  let user: UpstreamUser | undefined;
  const world = { leads, closed: [] as SharedMailBox[] };
  const source: UpstreamSource = {
    upstream: (server, givenUser) => {
      assert.equal(server, SERVER);
      user = givenUser;
      if (!world.leads) return undefined;
      const upstream = new FakeUpstream();
      upstreams.push(upstream);
      return upstream;
    },
    obstacle: NOBODY_LEADS,
    onClosed: (mailbox) => void world.closed.push(mailbox),
  };
  const mailbox = new SharedMailBox(SERVER, source);
  t.after(() => mailbox.close(STOPPED, 0));
  const states: MailBoxState[] = [];
  const returned: OutgoingCall[] = [];
  const events: string[] = [];
  mailbox.on('state', (to) => void states.push(to));
  mailbox.on('drained', () => void events.push('drained'));
  mailbox.on('close', (id) => void events.push(`close ${id}`));
  mailbox.on('returned', (call) => void returned.push(call));
  const report = (state: UpstreamStatus['state'], status: Omit<UpstreamStatus, 'state'> = {}) =>
    user?.onStatus({ state, ...status });
  const connect = async () => {
    mailbox.connect();
    await tick();
  };
  const ready = async () => {
    await connect();
    report('ready');
    assert.equal(mailbox.state, 'ready');
  };
  const upstream = () => upstreams.at(-1) ?? assert.fail('no upstream was asked for');
  const user_ = () => user ?? assert.fail('no upstream was asked for');
  return { clock, world, mailbox, upstreams, upstream, user: user_, states, returned, events, report, connect, ready };
}

describe('SharedMailBox: its state', () => {
  it('connects by way of its share, though never before connect() has returned', async (t) => {
    const { mailbox, upstreams, upstream, states } = setUp(t);
    mailbox.connect();
    mailbox.connect();
    assert.deepEqual([mailbox.state, upstreams.length], ['connecting', 0]);
    await tick();
    assert.deepEqual([upstreams.length, upstream().connects, states], [1, 1, ['connecting']]);
  });

  it('follows the state of the real mailbox, with its reasons', async (t) => {
    const { mailbox, states, report, ready } = setUp(t);
    const reasons: unknown[] = [];
    mailbox.on('state', (_to, _from, reason) => reasons.push(reason));
    await ready();
    report('backoff', { reason: LOST });
    report('connecting');
    report('backoff', { reason: REFUSED, lastFailure: REFUSED });
    assert.equal(mailbox.lastFailure, REFUSED);
    report('connecting', { lastFailure: REFUSED });
    report('ready');
    report('idle');
    const expected = ['connecting', 'ready', 'backoff', 'connecting', 'backoff', 'connecting', 'ready', 'idle'];
    assert.deepEqual(states, expected);
    assert.deepEqual(reasons.filter(Boolean), [LOST, REFUSED]);
    assert.equal(mailbox.lastFailure, undefined);
  });

  it('takes the steps between two states that were reported, where it was not notified of them', async (t) => {
    const { states, report, ready } = setUp(t);
    await ready();
    report('connecting'); // the real mailbox was lost, and is dialled again by another user
    report('idle');
    report('ready');
    assert.deepEqual(states, ['connecting', 'ready', 'backoff', 'connecting', 'ready']);
  });

  it('waits for a Leader where there is none, and says why', async (t) => {
    const { world, mailbox, upstream, connect, report } = setUp(t, { leads: false });
    await connect();
    assert.deepEqual([mailbox.state, mailbox.lastFailure, mailbox.attempts.count], ['connecting', NOBODY_LEADS, 1]);
    world.leads = true;
    mailbox.onUpstream();
    assert.equal(upstream().connects, 1);
    report('ready');
    assert.deepEqual([mailbox.state, mailbox.lastFailure, mailbox.attempts.count], ['ready', undefined, 0]);
  });

  it('loses its Leader, and goes on with the next one', async (t) => {
    const { mailbox, upstreams, report, ready, states } = setUp(t);
    await ready();
    mailbox.onUpstreamLost(LOST);
    assert.deepEqual([mailbox.state, mailbox.lastFailure], ['backoff', NOBODY_LEADS]);
    const early = fakeCall();
    mailbox.send(early.call);
    assert.deepEqual(told(early.outcomes), [`${RpcCode.Closed} not-sent`]);
    mailbox.onUpstream();
    assert.equal(upstreams.length, 2);
    report('ready');
    assert.deepEqual(states, ['connecting', 'ready', 'backoff', 'connecting', 'ready']);
  });

  it('of an idle mailbox does not change with the Leader', (t) => {
    const { mailbox, upstreams } = setUp(t);
    mailbox.onUpstream();
    mailbox.onUpstreamLost(LOST);
    assert.deepEqual([mailbox.state, upstreams.length], ['idle', 0]);
  });

  it('is full while its way is, and passes on that it has drained', async (t) => {
    const { mailbox, upstream, user, events, ready } = setUp(t);
    assert.equal(mailbox.isFull, false);
    await ready();
    upstream().isFull = true;
    assert.equal(mailbox.isFull, true);
    user().onDrained();
    assert.deepEqual(events, ['drained']);
  });
});

describe('SharedMailBox: its calls', () => {
  it('are sent by its way, counted until they settle, and measured', async (t) => {
    const { clock, mailbox, upstream, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    assert.deepEqual([upstream().sent, mailbox.inFlight, mailbox.latency], [[call], 1, undefined]);
    clock.advance(12);
    call.succeed(['x']);
    assert.deepEqual([told(outcomes), mailbox.inFlight, mailbox.latency], [['ok x'], 0, 12]);
  });

  it('are in flight no more, and measured, once they are answered, although after filters have the answer', async (t) => {
    const { clock, mailbox, upstream, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    const seen: string[] = [];
    call.watcher = { answered: () => void seen.push('answered'), failed: () => void seen.push('failed') };
    call.answerStage = { filterAnswer() {} };
    mailbox.send(call);
    assert.deepEqual(upstream().sent, [call]);
    clock.advance(12);
    call.move('sent');
    call.succeed(['x']);
    assert.deepEqual([call.state, outcomes, mailbox.inFlight, mailbox.latency], ['answered', [], 0, 12]);
    assert.deepEqual(seen, ['answered'], 'the watcher that was there is notified too');
    await mailbox.close(STOPPED, 1_000);
    assert.equal(call.succeed(['filtered']), true);
    assert.deepEqual(told(outcomes), ['ok filtered']);
  });

  it('are refused while it is not ready', (t) => {
    const { mailbox } = setUp(t);
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    assert.deepEqual(told(outcomes), [`${RpcCode.Closed} not-sent`]);
  });

  it('that come back unsent wait again, and are observed once however often that happens', async (t) => {
    const { clock, mailbox, upstream, user, returned, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    const watchers = new Set<unknown>();
    for (let round = 0; round < 3; round++) {
      mailbox.send(call);
      watchers.add(call.watcher);
      clock.advance(1);
      user().onReturned(call);
    }
    assert.deepEqual([returned, mailbox.inFlight, outcomes], [[call, call, call], 0, []]);
    assert.deepEqual([call.requestCodec, call.hasWaited], [undefined, true], 'sent anew, with the time that is left');
    mailbox.send(call);
    watchers.add(call.watcher);
    call.succeed([1]);
    assert.deepEqual([watchers.size, told(outcomes)], [1, ['ok 1']]);
    assert.equal(upstream().sent.length, 4);
  });

  it('that come back to a mailbox which closes are refused', async (t) => {
    const { mailbox, user, returned, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall();
    mailbox.send(call);
    const closed = mailbox.close(STOPPED, 300);
    user().onReturned(call);
    await closed;
    assert.deepEqual([told(outcomes), returned], [[`${RpcCode.Closed} not-sent`], []]);
  });
});

describe('SharedMailBox: closing', () => {
  for (const state of ['idle', 'connecting', 'ready', 'backoff'] as const) {
    it(`at once, ends a mailbox that is ${state}`, async (t) => {
      const { world, mailbox, upstreams, events, report, connect } = setUp(t);
      if (state !== 'idle') await connect();
      if (state === 'ready' || state === 'backoff') report(state);
      assert.equal(mailbox.state, state);
      await mailbox.close(STOPPED, 0);
      mailbox.onUpstream();
      await tick();
      assert.deepEqual([mailbox.state, events, world.closed], ['closed', ['close test-1'], [mailbox]]);
      assert.deepEqual(
        upstreams.map(({ connects, releases }) => [connects, releases]),
        state === 'idle' ? [] : [[1, 1]],
      );
    });
  }

  it('before the first attempt began, opens nothing', async (t) => {
    const { mailbox, upstreams } = setUp(t);
    mailbox.connect();
    await mailbox.close(STOPPED, 0);
    await tick();
    assert.deepEqual([mailbox.state, upstreams], ['closed', []]);
  });

  it('in order, waits for the calls that were sent', async (t) => {
    const { mailbox, upstream, ready } = setUp(t);
    await ready();
    const calls = [fakeCall(), fakeCall()];
    for (const { call } of calls) mailbox.send(call);
    const closed = mailbox.close(STOPPED, 300);
    calls[0]?.call.succeed([]);
    await tick();
    assert.deepEqual([mailbox.state, upstream().releases], ['draining', 0]);
    calls[1]?.call.succeed([]);
    await closed;
    assert.deepEqual([mailbox.state, upstream().releases], ['closed', 1]);
  });

  it('is cut off when its time is over: calls in flight may have run', async (t) => {
    const { clock, mailbox, upstream, ready } = setUp(t);
    await ready();
    const { call, outcomes } = fakeCall({ timeout: 60_000 });
    mailbox.send(call);
    const closed = mailbox.close(STOPPED, 300);
    clock.advance(300);
    await closed;
    assert.deepEqual([told(outcomes), upstream().releases], [[`${RpcCode.Closed} unknown`], 1]);
  });

  it('is not undone by what its way reports later', async (t) => {
    const { mailbox, user, ready } = setUp(t);
    await ready();
    await mailbox.close(STOPPED, 0);
    user().onStatus({ state: 'ready' });
    mailbox.onUpstreamLost(LOST);
    assert.equal(mailbox.state, 'closed');
  });
});
