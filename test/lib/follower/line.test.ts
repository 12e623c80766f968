import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { endpointOf } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { Line, type LineHandler } from '../../../lib/follower/line.js';
import { type LineSettings, resolveLineOptions } from '../../../lib/follower/line-options.js';
import { ownProcess } from '../../../lib/own-process.js';
import { STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import {
  type FakeCallOptions,
  FakeStream,
  fakeCall,
  itemsOf,
  listOf,
  mockClock,
  type Packet,
  request,
  response,
  tick,
  told,
} from '../transport/support.js';

const STOPPED = new RpcError(RpcCode.Closed, 'stopped by its owner');
const FEATURES = ['results', 'meta', 'goaway', 'progress', 'cancel'];
const EXT = { version: 1, codecs: ['json'], features: FEATURES };
const CONNECT_TIMEOUT = 3_000;

/** Body of a registration's answer, as a Leader writes it. */
const body = (value: unknown) => EncodedValue.of(value, STOCK_CODEC).in(STOCK_CODEC);
const accepted = (ext: object | undefined = EXT) =>
  response(1, { type: 'register_channel_res', ext }, body({ success: true }));
const answer = (id: number, ...results: unknown[]) =>
  response(
    id,
    { type: 'invoke_result', success: true, results: results.length },
    listOf(...results.map((result) => Buffer.from(JSON.stringify(result)))),
  );
const types = (packets: readonly Packet[]) => packets.map(({ head }) => head.type);

/** A line over a stream without a socket; `opened` settles as `Line.open` does. */
function dialled(t: TestContext, settings: LineSettings = {}, more: Partial<LineHandler> = {}) {
  const clock = mockClock(t);
  const stream = new FakeStream();
  const events: string[] = [];
  const handler: LineHandler = {
    onDrained: () => events.push('drained'),
    onGoaway: () => events.push('goaway'),
    onClosed: (_line, reason) => events.push(`closed ${reason.code}`),
    ...more,
  };
  const abort = new AbortController();
  const options = resolveLineOptions(endpointOf({ port: 1 }), 'a', { connectTimeout: CONNECT_TIMEOUT, ...settings });
  const opened = Line.open(options, handler, abort.signal, async () => stream);
  opened.catch(() => {}); // most tests look at it later
  return { clock, stream, events, abort, opened };
}

async function ready(t: TestContext, settings?: LineSettings, more?: Partial<LineHandler>, ext?: object) {
  const setup = dialled(t, settings, more);
  await tick();
  setup.stream.receive(accepted(ext));
  const line = await setup.opened;
  const { stream } = setup;
  const before = stream.packets.length;
  /** Packets that were sent after the registration. */
  const sent = () => stream.packets.slice(before);
  const invoke = async (options: FakeCallOptions = {}) => {
    const { call, outcomes } = fakeCall(options);
    line.invoke(call);
    await tick();
    return { call, outcomes, id: sent().at(-1)?.id ?? 0 };
  };
  t.after(() => line.destroy(STOPPED));
  return { ...setup, line, sent, invoke };
}

async function failure(promise: Promise<unknown>): Promise<RpcError> {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error: RpcError) => error,
  );
}

describe('Line.open', () => {
  it('registers on the channel before anything else, and resolves when the Leader accepts', async (t) => {
    const { stream, opened, events } = dialled(t, { codecs: ['json'], maxFrameBytes: 5_000 });
    await tick();
    assert.equal(stream.packets.length, 1);
    const [{ head, timeout } = assert.fail()] = stream.packets;
    assert.deepEqual(
      [head.type, head.channelName, head.ext.codecs, head.ext.maxFrameBytes, timeout],
      ['register_channel', 'a', ['json'], 5_000, CONNECT_TIMEOUT],
    );
    stream.receive(accepted());
    const line = await opened;
    assert.deepEqual([line.state, line.features, line.inFlight, events], ['ready', FEATURES, 0, []]);
    line.destroy(STOPPED);
  });

  it('rejects with what dialling failed with', async () => {
    const refused = new RpcError(RpcCode.Connect, 'connect ECONNREFUSED');
    const options = resolveLineOptions(endpointOf({ port: 1 }), 'a');
    const never = () => assert.fail('nothing was opened');
    const handler = { onGoaway: never, onClosed: never };
    const opened = Line.open(options, handler, new AbortController().signal, () => Promise.reject(refused));
    assert.equal(await failure(opened), refused);
  });

  it('rejects, and closes the connection, where the Leader refuses', async (t) => {
    const { stream, opened, events } = dialled(t);
    await tick();
    const refusal = body({ success: false, error: { message: 'nobody leads' } });
    stream.receive(response(1, { type: 'register_channel_res', ext: EXT }, refusal));
    const { code, message } = await failure(opened);
    assert.deepEqual([code, stream.isDestroyed, events], [RpcCode.Register, true, []]);
    assert.match(message, /^127\.0\.0\.1:1 did not accept the registration on "a": nobody leads/);
  });

  it('rejects where the connection ends first, and where no answer comes in what is left of connectTimeout', async (t) => {
    const lost = dialled(t);
    await tick();
    lost.stream.close(new Error('read ECONNRESET'));
    assert.match((await failure(lost.opened)).message, /on "a": .*ECONNRESET/);

    const silent = dialled(t);
    await tick();
    silent.clock.advance(CONNECT_TIMEOUT + 5);
    const { code, message } = await failure(silent.opened);
    assert.deepEqual([code, silent.stream.isDestroyed], [RpcCode.Register, true]);
    assert.match(message, /no answer to the registration in 3000 ms/);
  });

  it('rejects with the reason for which it is given up', async (t) => {
    const { stream, opened, abort } = dialled(t);
    await tick();
    abort.abort(STOPPED);
    assert.equal(await failure(opened), STOPPED);
    assert.equal(stream.isDestroyed, true);
  });

  it('hands on what comes in one piece with the answer', async (t) => {
    const { stream, opened, events } = dialled(t);
    await tick();
    stream.receive(Buffer.concat([accepted(), request(9, { type: 'goaway' })]));
    stream.close();
    const line = await opened;
    assert.deepEqual([line.state, line.isGoingAway, line.closeReason?.code], ['closed', true, RpcCode.Stopping]);
    assert.deepEqual(events, ['goaway', `closed ${RpcCode.Stopping}`]);
  });
});

describe('Line, registering with a secret', () => {
  it('has not answered anything yet when it is registered: a Leader that ends then is redialled with a pause', async (t) => {
    const offer = { v: 1, nonce: 'n'.repeat(32), hints: ['h'.repeat(11)] };
    const proof = 'p'.repeat(43);
    const secrets = { begin: () => ({ offer, prove: () => proof }) };
    const { stream, opened } = dialled(t, { secrets, clientId: 'mine' });
    await tick();
    const auth = { nonce: 'l'.repeat(32), hint: 'h'.repeat(11), proof };
    stream.receive(response(1, { type: 'register_challenge', auth }));
    await tick();
    const [asked = assert.fail(), proving = assert.fail()] = stream.packets;
    assert.deepEqual((asked.head['ext'] as { auth: unknown }).auth, offer);
    const ext = { version: 1, clientId: 'mine', process: ownProcess() };
    assert.deepEqual(proving.head, { type: 'register_proof', auth: { proof }, ext });
    stream.receive(response(2, { type: 'register_channel_res', ext: EXT }, body({ success: true })));
    const line = await opened;
    t.after(() => line.destroy(STOPPED));
    assert.deepEqual([line.state, line.hasAnswered], ['ready', false]);
    const { call, outcomes } = fakeCall();
    line.invoke(call);
    await tick();
    stream.receive(answer(3, 'done'));
    assert.deepEqual([told(outcomes), line.hasAnswered], [['ok done'], true]);
  });
});

describe('Line.invoke', () => {
  it('sends a call with its time, and settles it with the answer', async (t) => {
    const { invoke, sent, line, stream } = await ready(t);
    const { outcomes, id } = await invoke({ args: ['x', 1], timeout: 700 });
    const [{ head, timeout, body: sentBody } = assert.fail()] = sent();
    assert.deepEqual([head.type, head.method, timeout], ['invoke', 'user.m.f', 700]);
    assert.deepEqual(itemsOf(sentBody).map(String), ['"x"', '1']);
    assert.deepEqual([line.inFlight, line.hasAnswered], [1, false]);
    stream.receive(answer(id, 'done'));
    assert.deepEqual([told(outcomes), line.inFlight, line.hasAnswered], [['ok done'], 0, true]);
  });

  it('drops an answer that comes after the deadline, or twice', async (t) => {
    const { invoke, stream, clock, sent } = await ready(t);
    const late = await invoke({ timeout: 100 });
    clock.advance(110);
    assert.deepEqual(told(late.outcomes), [`${RpcCode.Timeout} unknown`]);
    await tick();
    const cancel = sent().at(-1);
    assert.deepEqual([cancel?.head.type, cancel?.id], ['cancel', late.id], 'the Leader is notified');
    stream.receive(answer(late.id, 'late'));
    assert.equal(late.outcomes.length, 1);

    const twice = await invoke();
    stream.receive(answer(twice.id, 'first'), answer(twice.id, 'second'));
    assert.deepEqual(told(twice.outcomes), ['ok first']);
  });

  it('settles a one-way call when it is sent, and waits for nothing', async (t) => {
    const { invoke, line } = await ready(t);
    const { outcomes } = await invoke({ oneway: true });
    assert.deepEqual([told(outcomes), line.inFlight], [['ok '], 0]);
  });

  it('settles one-way calls when the stream has taken them, not before', async (t) => {
    const { invoke, line, stream } = await ready(t);
    stream.accepts = false;
    const first = await invoke({ oneway: true });
    const second = await invoke({ oneway: true });
    assert.deepEqual([told(first.outcomes), told(second.outcomes), line.inFlight], [[], [], 2]);
    stream.accepts = true;
    stream.drain();
    assert.deepEqual([told(first.outcomes), told(second.outcomes), line.inFlight], [['ok '], ['ok '], 0]);
  });

  it('tells one-way calls that a lost connection has not taken from those that it may have delivered', async (t) => {
    const { invoke, stream } = await ready(t);
    stream.accepts = false;
    const handed = await invoke({ oneway: true });
    const queued = await invoke({ oneway: true });
    stream.close();
    assert.deepEqual(told(handed.outcomes), [`${RpcCode.ConnectionLost} unknown`]);
    assert.deepEqual(told(queued.outcomes), [`${RpcCode.ConnectionLost} not-sent`]);
  });

  it('fails a one-way call at its deadline while the stream takes nothing', async (t) => {
    const { clock, invoke, stream } = await ready(t);
    stream.accepts = false;
    const { outcomes } = await invoke({ oneway: true, timeout: 100 });
    clock.advance(200);
    assert.deepEqual(told(outcomes), [`${RpcCode.Timeout} unknown`]);
  });

  it('fails a call whose arguments cannot be sent, and sends nothing of it', async (t) => {
    const { invoke, line, sent } = await ready(t);
    const { outcomes } = await invoke({ args: [() => {}] });
    assert.deepEqual([told(outcomes), line.inFlight, sent()], [[`${RpcCode.Encode} not-sent`], 0, []]);
    const next = await invoke({ args: ['x'] });
    assert.deepEqual([types(sent()), next.outcomes], [['invoke'], []]);
  });

  it('notifies the Leader of a call that is cancelled, where the Leader takes that', async (t) => {
    const cancellable = (call: OutgoingCall) => {
      call.isCancellable = true;
      return call;
    };
    const { line, sent, stream } = await ready(t);
    const { call, outcomes } = fakeCall();
    line.invoke(cancellable(call));
    await tick();
    call.cancel('no longer wanted');
    await tick();
    assert.deepEqual([types(sent()), told(outcomes)], [['invoke', 'cancel'], [`${RpcCode.Cancelled} unknown`]]);
    stream.receive(answer(sent()[0]?.id ?? 0, 'late'));
    assert.deepEqual([outcomes.length, line.inFlight], [1, 0]);

    const old = await ready(t, {}, {}, { ...EXT, features: ['results'] });
    const other = fakeCall();
    old.line.invoke(cancellable(other.call));
    await tick();
    other.call.cancel('no longer wanted');
    await tick();
    assert.deepEqual(types(old.sent()), ['invoke']);
  });
});

describe('a line that is full', () => {
  it('stays so until half of maxInFlight are answered, and then says that it takes calls again', async (t) => {
    const { line, invoke, stream, events } = await ready(t, { maxInFlight: 4 });
    const ids: number[] = [];
    for (let i = 0; i < 4; i++) {
      assert.equal(line.isFull, false);
      ids.push((await invoke()).id);
    }
    assert.equal(line.isFull, true);
    stream.receive(answer(ids[0] ?? 0));
    assert.deepEqual([line.isFull, events], [true, []]);
    stream.receive(answer(ids[1] ?? 0));
    assert.deepEqual([line.isFull, events], [false, ['drained']]);
  });

  it('is one whose Leader does not read maxQueuedBytes, until it reads on', async (t) => {
    const { line, invoke, stream, events } = await ready(t, { maxQueuedBytes: 1_000 });
    stream.accepts = false;
    await invoke({ args: ['x'.repeat(2_000)] });
    assert.equal(line.isFull, true);
    stream.drain();
    assert.deepEqual([line.isFull, events], [false, ['drained']]);
  });

  it('takes calls again when enough have expired', async (t) => {
    const { line, invoke, clock, events } = await ready(t, { maxInFlight: 1 });
    await invoke({ timeout: 100 });
    assert.equal(line.isFull, true);
    clock.advance(110);
    assert.deepEqual([line.isFull, events], [false, ['drained']]);
  });
});

describe('a line whose Leader says goaway', () => {
  it('acknowledges behind all that was sent, notifies its owner once, and still takes answers', async (t) => {
    const { line, invoke, stream, sent, events } = await ready(t);
    const { outcomes, id } = await invoke();
    stream.receive(request(5, { type: 'goaway' }), request(6, { type: 'goaway' }));
    await tick();
    assert.deepEqual(types(sent()), ['invoke', 'goaway_res', 'goaway_res']);
    assert.deepEqual([events, line.isGoingAway, line.state], [['goaway'], true, 'ready']);
    stream.receive(answer(id, 'done'));
    assert.deepEqual(told(outcomes), ['ok done']);
  });

  it('loses what was not answered as calls that the server did not wait for', async (t) => {
    const { line, invoke, stream } = await ready(t);
    const { outcomes } = await invoke();
    stream.receive(request(5, { type: 'goaway' }));
    stream.close();
    assert.deepEqual([told(outcomes), line.closeReason?.code], [[`${RpcCode.Stopping} unknown`], RpcCode.Stopping]);
  });
});

describe('Line.drain', () => {
  it('ends in order, at once where nothing is in flight', async (t) => {
    const { line, stream } = await ready(t);
    line.drain(STOPPED, 500);
    await tick();
    assert.deepEqual([line.state, stream.isEnded, stream.isDestroyed], ['draining', true, false]);
    stream.close();
    assert.deepEqual([line.state, line.closeReason], ['closed', STOPPED]);
  });

  it('waits for the last answer', async (t) => {
    const { line, invoke, stream } = await ready(t);
    const { outcomes, id } = await invoke();
    line.drain(STOPPED, 500);
    await tick();
    assert.equal(stream.isEnded, false);
    stream.receive(answer(id, 'done'));
    await tick();
    assert.deepEqual([told(outcomes), stream.isEnded], [['ok done'], true]);
  });

  it('gives up what is unanswered when the time is over, whatever a second drain asks for', async (t) => {
    const { line, invoke, stream, clock, events } = await ready(t);
    const { outcomes } = await invoke({ timeout: 10_000 });
    line.drain(STOPPED, 500);
    line.drain(STOPPED, 100);
    clock.advance(499);
    assert.equal(stream.isDestroyed, false);
    clock.advance(1);
    assert.deepEqual([stream.isDestroyed, told(outcomes)], [true, [`${RpcCode.Closed} unknown`]]);
    assert.deepEqual(events, [`closed ${RpcCode.Closed}`]);
  });
});

describe('Line.destroy', () => {
  it('loses what waits, and says of what it did not hand over that it was not sent', async (t) => {
    const { line, invoke, stream } = await ready(t);
    const handed = await invoke();
    stream.accepts = false;
    await invoke();
    const kept = await invoke();
    line.destroy(STOPPED);
    assert.deepEqual(
      [told(handed.outcomes), told(kept.outcomes)],
      [[`${RpcCode.Closed} unknown`], [`${RpcCode.Closed} not-sent`]],
    );
  });

  it('notifies its owner before the calls, which may be made again, and only once', async (t) => {
    const order: string[] = [];
    const { line } = await ready(t, {}, { onClosed: () => order.push('owner') });
    const { call } = fakeCall();
    call.intercept((settle) => (error, results) => {
      order.push('call');
      settle(error, results);
    });
    line.invoke(call);
    line.destroy(STOPPED);
    line.destroy(STOPPED);
    assert.deepEqual(order, ['owner', 'call']);
  });

  it('leaves no timer behind', async (t) => {
    const { line, invoke, clock } = await ready(t);
    await invoke();
    line.drain(STOPPED, 500);
    line.destroy(STOPPED);
    assert.equal(clock.timers, 0);
  });
});

describe('what a Leader asks for', () => {
  it('is acknowledged: a pushed value, and what is not known too', async (t) => {
    const pushed: string[] = [];
    const onPush: LineHandler['onPush'] = (key, { bytes, bodyStart, end }) => {
      pushed.push(`${key} ${bytes.toString('utf8', bodyStart, end)}`);
    };
    const { stream, sent } = await ready(t, {}, { onPush });
    stream.receive(request(3, { type: 'subscribe_result', key: 'k' }, Buffer.from('"v"')));
    stream.receive(request(4, { type: 'heartbeat' }), request(5, { type: 'of a later version' }));
    await tick();
    assert.deepEqual(pushed, ['k "v"']);
    assert.deepEqual(
      sent().map(({ id, head }) => [id, head.type]),
      [
        [3, 'subscribe_result_res'],
        [4, 'heartbeat_res'],
        [5, undefined],
      ],
    );
  });

  it('is acknowledged together where the Leader allows that: values that come closely, before a goaway and its answer', async (t) => {
    const pushed: string[] = [];
    const onPush: LineHandler['onPush'] = (key) => void pushed.push(key);
    const { stream, sent, clock } = await ready(t, {}, { onPush }, { ...EXT, features: [...FEATURES, 'values'] });
    for (const id of [3, 4, 5]) stream.receive(request(id, { type: 'subscribe_result', key: `k${id}` }));
    await tick();
    const seen = () => sent().map(({ id, head }) => `${id} ${head.type}`);
    assert.deepEqual([pushed, seen()], [['k3', 'k4', 'k5'], ['3 subscribe_result_res']]);
    clock.advance(50);
    await tick();
    assert.deepEqual(seen().slice(1), ['5 subscribe_result_res']);
    stream.receive(request(6, { type: 'subscribe_result', key: 'k' }), request(7, { type: 'goaway' }));
    await tick();
    assert.deepEqual(seen().slice(2), ['6 subscribe_result_res', '7 goaway_res']);
  });

  it('is not acknowledged by a line that is closed', async (t) => {
    const { stream, sent, clock, line } = await ready(t, {}, {}, { ...EXT, features: [...FEATURES, 'values'] });
    for (const id of [3, 4]) stream.receive(request(id, { type: 'subscribe_result', key: 'k' }));
    await tick();
    line.destroy(STOPPED);
    assert.equal(clock.timers, 0);
    await tick();
    assert.deepEqual(
      sent().map(({ id }) => id),
      [3],
    );
  });

  it('is not answered where it is the state of a mailbox', async (t) => {
    const states: string[] = [];
    const onMailBoxState: LineHandler['onMailBoxState'] = (_line, { to, state }) => states.push(`${to} ${state}`);
    const { stream, sent } = await ready(t, {}, { onMailBoxState });
    stream.receive(request(0, { type: 'mailbox_state', to: 7, state: 'ready' }));
    await tick();
    assert.deepEqual([states, sent()], [['7 ready'], []]);
  });
});

describe('Line.control', () => {
  const HEAD = Buffer.from('{"type":"subscribe","key":"k"}');

  it('reports a refusal, a success and a missing answer, but not a lost connection', async (t) => {
    const { line, stream, sent, clock } = await ready(t);
    const outcomes: (RpcError | undefined)[] = [];
    const control = async () => {
      line.control('a subscription', HEAD, 400, (refusal) => outcomes.push(refusal));
      await tick();
      return sent().at(-1)?.id ?? 0;
    };
    const failed = Buffer.from(JSON.stringify({ message: 'not here' }));
    stream.receive(response(await control(), { type: 'invoke_result', success: false }, failed));
    stream.receive(response(await control(), { type: 'subscribe_res' }));
    await control();
    clock.advance(410);
    await control();
    line.destroy(STOPPED);
    assert.deepEqual(
      outcomes.map((refusal) => refusal?.code),
      [RpcCode.Remote, undefined, RpcCode.Timeout],
    );
    assert.match(outcomes[0]?.message ?? '', /^the Leader refused a subscription: not here$/);
  });

  it('waits for nothing from a stock Leader, which does not answer', async (t) => {
    const { stream, opened } = dialled(t);
    await tick();
    stream.receive(response(1, { type: 'register_channel_res' }, body({ success: true })));
    const line = await opened;
    line.control('a subscription', HEAD, 400, () => assert.fail('a stock Leader does not refuse'));
    await tick();
    assert.deepEqual([types(stream.packets), line.inFlight, line.features], [['register_channel', 'subscribe'], 0, []]);
    line.destroy(STOPPED);
  });
});

describe('a line to a Leader that falls silent', () => {
  it('is destroyed after two intervals without a byte', async (t) => {
    const { line, invoke, clock, events, sent } = await ready(t, { heartbeatInterval: 1_000 });
    const { outcomes } = await invoke({ timeout: 60_000 });
    clock.advance(1_999);
    await tick();
    assert.deepEqual([line.state, types(sent()), line.inFlight], ['ready', ['invoke', 'heartbeat'], 1]);
    clock.advance(1_002);
    assert.deepEqual(
      [told(outcomes), events],
      [[`${RpcCode.ConnectionLost} unknown`], [`closed ${RpcCode.PeerSilent}`]],
    );
  });

  it('lives on while any byte comes', async (t) => {
    const { line, clock, stream } = await ready(t, { heartbeatInterval: 1_000 });
    for (let i = 0; i < 10; i++) {
      clock.advance(900);
      stream.receive(response(99, {}));
    }
    assert.equal(line.state, 'ready');
  });
});
