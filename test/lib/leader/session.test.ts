import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { RegisterRequest } from '../../../lib/leader/register-request.js';
import { Session, type SessionOptions } from '../../../lib/leader/session.js';
import { chooseCodec, STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import type { Channel } from '../../../lib/serving/channel.js';
import type { IncomingCall } from '../../../lib/serving/incoming-call.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from '../../../lib/serving/overload.js';
import { FakeStream, listOf, mockClock, type Packet, request, response, tick } from '../transport/support.js';

const EXT = { version: 1, codecs: ['json'], features: ['results', 'meta', 'goaway'] };
const JSON_CODEC = chooseCodec(['json']);
const STOPPING = new RpcError(RpcCode.Stopping, 'test-1 is stopping');

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function stockDecode(body: Buffer): Record<string, unknown> {
  return STOCK_CODEC.decode(body, 0, body.length) as Record<string, unknown>;
}

function setUp(t: TestContext, options: Partial<SessionOptions & ConcurrencyLimitOptions> = {}) {
  const stream = new FakeStream();
  const calls: IncomingCall[] = [];
  const closed: RpcError[] = [];
  const registers: RegisterRequest[] = [];
  const log: string[] = [];
  const missing = (method: string) =>
    method === 'user.m.f' ? undefined : new RpcError(RpcCode.NoMethod, `no such method: ${method}`);
  const channel: Channel = { name: 'test-1', missing, invoke: (call) => calls.push(call) };
  const write = (line: string) => void log.push(line);
  const logger = { info: write, warn: write, error: write };
  const bounds = { maxConcurrent: 100, maxQueued: 100, maxCallsPerConnection: 100, maxEventLoopLag: 0, logger };
  const apart = { callerShare: 1, maxAbandoned: 100, abandonedTimeout: 1_000 };
  const host = {
    limit: new ConcurrencyLimit({ ...bounds, ...apart, ...options }),
    onRegister: (_session: Session, register: RegisterRequest) => registers.push(register),
    onClosed: (_session: Session, reason: RpcError) => closed.push(reason),
  };
  const session = new Session(stream, host, {
    maxFrameBytes: 10_000,
    maxQueuedBytes: 20_000,
    flushInterval: 0,
    heartbeatInterval: 1_000,
    exposeStack: false,
    logger,
    ...options,
  });
  t.after(() => session.destroy(new RpcError(RpcCode.Closed, 'the test is over')));
  let seen = 0;
  return {
    stream,
    session,
    calls,
    closed,
    registers,
    log,
    channel,
    /** The packets that were written since the last time of asking. */
    async answers(): Promise<Packet[]> {
      await tick();
      const all = stream.packets;
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh;
    },
    /** As a peer of our own kind, with the json codec. */
    register(ext = EXT): void {
      stream.receive(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
      session.accept(registers[0] as RegisterRequest, channel, JSON_CODEC, ext);
    },
    registerStock(): void {
      stream.receive(request(1, { type: 'register_channel', channelName: 'test-1' }));
      session.accept(registers[0] as RegisterRequest, channel, undefined, undefined);
    },
    invoke(id: number, args: unknown[], more: object = {}): void {
      const head = { type: 'invoke', method: 'user.m.f', argLength: args.length, oneway: false, ...more };
      stream.receive(request(id, head, listOf(...args.map(json))));
    },
  };
}

describe('Session, registering', () => {
  it('asks its host, and answers when it is accepted', async (t) => {
    const { stream, session, registers, channel, answers } = setUp(t);
    stream.receive(request(7, { type: 'register_channel', channelName: 'test-1', ext: EXT }, undefined, 2_000));
    assert.deepEqual(registers, [{ type: 'register_channel', id: 7, timeout: 2_000, channelName: 'test-1', ext: EXT }]);
    assert.deepEqual([session.state, (await answers()).length], ['unregistered', 0]);
    session.accept(registers[0] as RegisterRequest, channel, JSON_CODEC, EXT);
    assert.equal(session.state, 'registered');
    const [answer] = await answers();
    assert.deepEqual([answer?.kind, answer?.id, answer?.head], [1, 7, { type: 'register_channel_res', ext: EXT }]);
    assert.deepEqual(stockDecode(answer?.body as Buffer), { success: true });
  });

  it('tells why it is refused, and can be accepted by another try', async (t) => {
    const { stream, session, registers, channel, answers } = setUp(t);
    stream.receive(request(1, { type: 'register_channel', channelName: 'nobody', ext: EXT }));
    session.refuse(registers[0] as RegisterRequest, 'no_leader', 'nobody leads it');
    const [refusal] = await answers();
    assert.deepEqual(stockDecode(refusal?.body as Buffer), {
      success: false,
      error: { name: 'RpcError', message: 'nobody leads it', code: 'no_leader' },
    });
    stream.receive(request(2, { type: 'register_channel', channelName: 'test-1', ext: EXT }));
    session.accept(registers[1] as RegisterRequest, channel, JSON_CODEC, EXT);
    assert.equal((await answers())[0]?.id, 2);
    assert.equal(session.state, 'registered');
  });

  it('answers a second registration on the same channel, and asks nobody', async (t) => {
    const { stream, registers, register, answers } = setUp(t);
    register();
    await answers();
    stream.receive(request(2, { type: 'register_channel', channelName: 'test-1', ext: EXT }));
    const [answer] = await answers();
    assert.deepEqual([registers.length, answer?.id, stockDecode(answer?.body as Buffer)], [1, 2, { success: true }]);
  });

  it('does not take a registered peer for one of another channel', async (t) => {
    const { stream, register, answers } = setUp(t);
    register();
    await answers();
    stream.receive(request(2, { type: 'register_channel', channelName: 'another', ext: EXT }));
    const [answer] = await answers();
    assert.equal(stockDecode(answer?.body as Buffer)['success'], false);
  });

  it('refuses a call before the registration was answered', async (t) => {
    const { calls, invoke, answers } = setUp(t);
    invoke(5, []);
    const [answer] = await answers();
    assert.deepEqual([answer?.id, answer?.head], [5, { type: 'invoke_result', success: false }]);
    assert.match(
      String(stockDecode(answer?.body as Buffer)['message']),
      /user\.m\.f was called before register_channel was answered/,
    );
    assert.equal(calls.length, 0);
  });
});

describe('Session, serving', () => {
  it('hands a call to its channel, and answers with all its results', async (t) => {
    const { calls, register, invoke, answers } = setUp(t);
    register();
    await answers();
    invoke(5, [1, 'x', null]);
    const [call] = calls;
    assert.deepEqual(
      [call?.method, call?.args, call?.oneway, call?.meta],
      ['user.m.f', [1, 'x', null], false, undefined],
    );
    call?.succeed(['a', 2]);
    call?.succeed(['again']);
    call?.fail(new Error('and again'));
    const [answer, ...more] = await answers();
    assert.deepEqual([answer?.id, answer?.head], [5, { type: 'invoke_result', success: true, results: 2 }]);
    assert.equal(answer?.body.toString('latin1'), listOf(json('a'), json(2)).toString('latin1'));
    assert.deepEqual(more, [], 'the first answer counts');
  });

  it('looks for the method before it decodes the arguments', async (t) => {
    const { stream, register, answers, calls, log } = setUp(t);
    register();
    await answers();
    const undecodable = Buffer.from('{');
    for (const oneway of [false, true]) {
      const head = { type: 'invoke', method: 'user.m.g', argLength: 1, oneway };
      stream.receive(request(2, head, listOf(undecodable)));
    }
    const all = await answers();
    assert.deepEqual(
      all.map(({ head }) => [head.success, head.code]),
      [[false, 'ERR_RPC_NO_METHOD']],
    );
    assert.match(String(log), /dropped a one-way call of "user\.m\.g" from .*: no such method: user\.m\.g/);
    assert.deepEqual(calls, []);
  });

  it('gives a stock peer the first result, as the body', async (t) => {
    const { stream, calls, registerStock, answers } = setUp(t);
    registerStock();
    await answers();
    stream.receive(request(5, { type: 'invoke', method: 'user.m.f', argLength: 0, oneway: false }));
    calls[0]?.succeed([{ a: 1 }, 2]);
    const [answer] = await answers();
    assert.deepEqual(
      [answer?.head, stockDecode(answer?.body as Buffer)],
      [{ type: 'invoke_result', success: true }, { a: 1 }],
    );
  });

  it('takes the meta off the arguments', async (t) => {
    const { calls, register, invoke } = setUp(t);
    register();
    invoke(5, [{ trace: 1 }, 'x'], { meta: 1 });
    assert.deepEqual([calls[0]?.meta, calls[0]?.args], [{ trace: 1 }, ['x']]);
  });

  it('answers no one-way call, whatever becomes of it', async (t) => {
    const { stream, session, calls, log, register, invoke, answers } = setUp(t);
    register();
    await answers();
    invoke(5, [1], { oneway: true });
    invoke(6, [2], { oneway: true });
    stream.receive(request(7, { type: 'invoke', method: 'user.m.f', argLength: 2, oneway: true }, listOf(json(1))));
    assert.equal(session.calls.serving, 2);
    calls[0]?.succeed([1]);
    calls[1]?.fail(new Error('boom'));
    assert.deepEqual([await answers(), session.calls.serving], [[], 0]);
    assert.match(
      log.join('\n'),
      /dropped a one-way call of "user\.m\.f" from fake:1: the arguments cannot be decoded/,
      'but it is logged',
    );
  });

  it('sends of an error its name, message, code, fields and cause, and no stack', async (t) => {
    const { calls, log, register, invoke, answers } = setUp(t);
    register();
    await answers();
    invoke(5, []);
    const cause = new RangeError('below');
    calls[0]?.fail(Object.assign(new TypeError('boom', { cause }), { code: 'E_BOOM', status: 422, save() {} }));
    const [answer] = await answers();
    assert.deepEqual(answer?.head, { type: 'invoke_result', success: false });
    assert.deepEqual(JSON.parse(String(answer?.body)), {
      name: 'TypeError',
      message: 'boom',
      code: 'E_BOOM',
      fields: { status: 422 },
      cause: { name: 'RangeError', message: 'below' },
    });
    assert.match(log.join(), /the error "boom" of .* was sent to .* without \.save: .* is a function/);
  });

  it('sends the stack too where it was told so', async (t) => {
    const { calls, register, invoke, answers } = setUp(t, { exposeStack: true });
    register();
    await answers();
    invoke(5, []);
    calls[0]?.fail(new Error('boom'));
    assert.match(JSON.parse(String((await answers())[0]?.body)).stack, /^Error: boom\n +at /);
  });

  it('sends no stack with a refusal, which would show the files of this package', async (t) => {
    const { calls, register, invoke, answers } = setUp(t, { exposeStack: true });
    register();
    await answers();
    invoke(5, []);
    calls[0]?.refuse(new RpcError(RpcCode.NoMethod, 'no such method'));
    const body = JSON.parse(String((await answers())[0]?.body));
    assert.deepEqual(body, { name: 'RpcError', message: 'no such method', code: 'ERR_RPC_NO_METHOD' });
  });

  it('names the code of what is not the method’s fault', async (t) => {
    const { calls, register, invoke, answers } = setUp(t);
    register();
    await answers();
    invoke(5, []);
    calls[0]?.refuse(new RpcError(RpcCode.NoMethod, 'no such method'));
    assert.deepEqual((await answers())[0]?.head, { type: 'invoke_result', success: false, code: RpcCode.NoMethod });
  });

  it('does not take an RpcError that a method let through for one of its own', async (t) => {
    const { calls, register, invoke, answers } = setUp(t);
    register();
    await answers();
    invoke(5, []);
    calls[0]?.fail(
      new RpcError(RpcCode.Timeout, 'a call of the method’s own', { serverId: 'other-1', delivery: 'unknown' }),
    );
    const [answer] = await answers();
    assert.equal(answer?.head.code, undefined);
    assert.equal(JSON.parse(String(answer?.body)).code, RpcCode.Timeout);
  });

  const lies: [what: string, argLength: number, body: Buffer][] = [
    ['fewer arguments than announced', 2, listOf(json(1))],
    ['more bytes than announced', 1, listOf(json(1), json(2))],
    ['a length beyond the body', 1, Buffer.from('7fffffff31', 'hex')],
    ['a negative length', 1, Buffer.from('ffffffff31', 'hex')],
    ['an argument that is no value', 1, listOf(Buffer.from('{"a":'))],
  ];
  for (const [what, argLength, body] of lies) {
    it(`answers ${what} with ERR_RPC_BAD_REQUEST, and serves on`, async (t) => {
      const { stream, calls, register, invoke, answers } = setUp(t);
      register();
      await answers();
      stream.receive(request(5, { type: 'invoke', method: 'user.m.f', argLength, oneway: false }, body));
      const [answer] = await answers();
      assert.equal(answer?.head.code, RpcCode.BadRequest);
      assert.match(JSON.parse(String(answer?.body)).message, /the arguments of user\.m\.f cannot be decoded/);
      invoke(6, ['fine']);
      assert.deepEqual(
        calls.map(({ args }) => args),
        [['fine']],
      );
    });
  }

  it('answers what it does not know with a conn object, since a stock peer’s parser needs one', async (t) => {
    const { stream, registerStock, answers } = setUp(t);
    registerStock();
    await answers();
    stream.receive(request(5, { type: 'subscribe_result', key: '$$inner$$__a' }));
    stream.receive(request(6, { type: 'no such type' }));
    stream.receive(request(7, { type: 'subscribe', key: '$$inner$$__a', reg: {} }));
    const [first, second, third] = await answers();
    assert.deepEqual([first?.id, first?.head], [5, {}]);
    assert.deepEqual([second?.id, second?.head], [6, { type: 'invoke_result', success: false }]);
    assert.deepEqual([third?.id, third?.head], [7, { type: 'invoke_result', success: false }]);
  });

  it('says why when a result cannot be sent, and serves on', async (t) => {
    const { calls, log, register, invoke, answers } = setUp(t);
    register();
    await answers();
    for (const id of [5, 6, 7]) invoke(id, []);
    calls[0]?.succeed([() => {}]);
    calls[1]?.succeed(['x'.repeat(20_000)]);
    calls[2]?.succeed(['fine']);
    const [first, second, third] = await answers();
    assert.equal(first?.head.code, RpcCode.Encode);
    assert.match(
      JSON.parse(String(first?.body)).message,
      /the result cannot be sent: (the result|results\[0\]) is a function/,
    );
    assert.equal(second?.head.code, RpcCode.FrameTooLarge);
    assert.equal(third?.head.success, true);
    assert.equal(log.length, 2);
    assert.doesNotMatch(log.join(), /\n/, 'one line each, since the stack has frames of the library only');
    assert.equal(log.join().includes('xxx'), false, 'results are not logged');
  });

  it('answers with an error that is larger than a frame can be, without losing the other calls', async (t) => {
    const { session, calls, register, invoke, answers } = setUp(t);
    register();
    await answers();
    for (const id of [5, 6]) invoke(id, []);
    calls[0]?.fail(new Error('x'.repeat(20_000)));
    assert.equal(session.state, 'registered');
    calls[1]?.succeed(['fine']);
    const [first, second] = await answers();
    assert.equal(first?.head.success, false);
    assert.equal(second?.head.success, true);
  });

  it('answers with an error that cannot be read, without losing the other calls', async (t) => {
    const { session, calls, register, invoke, answers } = setUp(t);
    register();
    await answers();
    for (const id of [5, 6]) invoke(id, []);
    const odd = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('not to be read');
      },
    });
    calls[0]?.fail(odd);
    assert.equal(session.state, 'registered');
    calls[1]?.succeed(['fine']);
    assert.deepEqual(
      (await answers()).map(({ head }) => head.success),
      [false, true],
    );
  });

  it('refuses to send more results than a peer takes', async (t) => {
    const { calls, register, invoke, answers } = setUp(t, { maxFrameBytes: 1_000_000, maxQueuedBytes: 1_000_000 });
    register();
    await answers();
    invoke(5, []);
    calls[0]?.succeed(new Array(4_097).fill(1));
    const [answer] = await answers();
    assert.deepEqual([answer?.head.success, answer?.head.code], [false, RpcCode.Encode]);
  });

  it('answers with an error where a result finds no room, and cuts off a peer that reads none of those either', async (t) => {
    const { stream, calls, closed, register, invoke } = setUp(t, {
      maxConcurrent: 10_000,
      maxCallsPerConnection: 10_000,
    });
    register();
    await tick();
    for (let id = 5; id < 6_000; id++) invoke(id, []);
    while (calls.length < 5_995) await tick(); // more requests than one turn has time for
    stream.accepts = false;
    const [first, second, third, fourth, ...rest] = calls;
    for (const call of [first, second, third]) {
      call?.succeed(['x'.repeat(9_000)]);
      await tick();
    }
    fourth?.succeed(['x'.repeat(9_000)]);
    assert.ok(stream.pendingBytes < 30_000, 'maxQueuedBytes and one frame');
    assert.equal(closed.length, 0);
    for (const call of rest) call.succeed(['x'.repeat(9_000)]);
    for (let turns = 0; closed.length === 0 && turns < 2_000; turns++) await tick(); // answers past 10 ms wait for these
    assert.equal(closed[0]?.code, RpcCode.QueueFull);
    assert.equal(stream.isDestroyed, true);
  });

  it('drops the answers of a peer that is gone', async (t) => {
    const { stream, session, calls, closed, register, invoke } = setUp(t);
    register();
    invoke(5, []);
    stream.close();
    assert.deepEqual(
      closed.map(({ code }) => code),
      [RpcCode.ConnectionLost],
    );
    calls[0]?.succeed([1]);
    calls[0]?.fail(new Error('boom'));
    assert.equal(session.calls.serving, 0);
    await tick();
  });
});

describe('Session, calls that run late', () => {
  const LATE = { ...EXT, features: [...EXT.features, 'progress'] };

  async function reported(t: TestContext, ext: typeof EXT | undefined, settle: (call: IncomingCall) => void) {
    const clock = mockClock(t);
    const { calls, register, registerStock, invoke, answers } = setUp(t, { heartbeatInterval: 60_000 });
    if (ext === undefined) registerStock();
    else register(ext);
    for (const id of [7, 8]) invoke(id, []);
    invoke(9, [], { oneway: true });
    settle(calls[0] as IncomingCall);
    clock.advance(2_600);
    return (await answers()).filter(({ head }) => head.type === 'progress');
  }

  it('are told to a peer that wants to know, those alone that are not answered', async (t) => {
    const [packet, ...more] = await reported(t, LATE, (call) => call.succeed([]));
    assert.deepEqual(JSON.parse(String(packet?.body)), [{ id: 8, heldMs: 2_500, isRunning: true, stallMs: 0 }]);
    assert.equal(packet?.kind, 0, 'a request, which is not answered');
    assert.deepEqual(more, []);
  });

  it('are told to no other', async (t) => {
    assert.deepEqual(await reported(t, EXT, () => {}), []);
    t.mock.restoreAll();
    assert.deepEqual(await reported(t, undefined, () => {}), []);
  });

  it('are told to nobody once the connection is closed', async (t) => {
    const clock = mockClock(t);
    const { register, invoke, session, calls, closed } = setUp(t, { heartbeatInterval: 60_000 });
    register(LATE);
    invoke(7, []);
    session.destroy(STOPPING);
    assert.equal(clock.timers, 1, 'the timer that counts the call apart, and none for reports');
    calls[0]?.succeed([]);
    clock.advance(3_000);
    assert.equal(closed.length, 1);
  });
});

describe('Session, heartbeats', () => {
  it('answers them', async (t) => {
    const { stream, register, answers } = setUp(t);
    register();
    await answers();
    stream.receive(request(9, { type: 'heartbeat' }));
    const [answer] = await answers();
    assert.deepEqual([answer?.kind, answer?.id, answer?.head], [1, 9, { type: 'heartbeat_res' }]);
  });

  it('pings a silent peer of our own kind, and cuts it off at the second look', async (t) => {
    const clock = mockClock(t);
    const { closed, register, answers } = setUp(t);
    register();
    await answers();
    clock.advance(1_000);
    const [ping] = await answers();
    assert.deepEqual([ping?.kind, ping?.head], [0, { type: 'heartbeat' }]);
    clock.advance(1_000);
    assert.equal(closed[0]?.code, RpcCode.PeerSilent);
  });

  it('takes the answer to a ping for life', async (t) => {
    const clock = mockClock(t);
    const { stream, closed, register, answers } = setUp(t);
    register();
    await answers();
    for (let look = 0; look < 10; look++) {
      clock.advance(1_000);
      for (const { id } of await answers()) stream.receive(response(id, { type: 'heartbeat_res' }));
    }
    assert.deepEqual(closed, []);
  });

  it('never pings a stock peer, and gives it 60 s', async (t) => {
    const clock = mockClock(t);
    const { closed, registerStock, answers } = setUp(t);
    registerStock();
    await answers();
    clock.advance(59_999);
    assert.deepEqual([closed, await answers()], [[], []]);
    clock.advance(1);
    assert.equal(closed[0]?.code, RpcCode.PeerSilent);
  });

  it('gives a stock peer any time while a call is pending, and 60 s more after it', async (t) => {
    const clock = mockClock(t);
    const { stream, closed, calls, registerStock, answers } = setUp(t);
    registerStock();
    await answers();
    stream.receive(request(5, { type: 'invoke', method: 'user.m.f', argLength: 0, oneway: false }));
    clock.advance(300_000);
    assert.deepEqual(closed, []);
    calls[0]?.succeed([]);
    clock.advance(39_000); // it pings again 20 s after the answer, and a little later
    assert.deepEqual(closed, []);
    stream.receive(request(6, { type: 'heartbeat' }));
    clock.advance(40_000);
    assert.deepEqual(closed, []);
  });

  it('survives a look at a peer whose queue is full', async (t) => {
    const clock = mockClock(t);
    const { stream, closed, calls, register, invoke } = setUp(t);
    register();
    await tick();
    stream.accepts = false;
    for (let id = 5; id < 8; id++) invoke(id, []);
    for (const call of calls) call.succeed(['x'.repeat(9_000)]);
    await tick();
    assert.ok(stream.pendingBytes > 20_000);
    assert.deepEqual(closed, []);
    clock.advance(3_000); // what a timer throws ends the process
    assert.deepEqual(
      closed.map(({ code }) => code),
      [RpcCode.PeerSilent],
    );
  });
});

describe('Session, draining', () => {
  it('says goaway, answers what came before that was acknowledged, and ends', async (t) => {
    const { stream, session, calls, register, invoke, answers } = setUp(t);
    register();
    invoke(5, []);
    await answers();
    session.drain(STOPPING, 30_000);
    const [goaway] = await answers();
    assert.deepEqual([goaway?.kind, goaway?.head], [0, { type: 'goaway' }]);
    invoke(6, []); // it was on its way
    stream.receive(response(goaway?.id as number, { type: 'goaway_res' }));
    await tick();
    assert.equal(stream.isEnded, false);
    calls[0]?.succeed([1]);
    calls[1]?.succeed([2]);
    assert.deepEqual(
      (await answers()).map(({ id }) => id),
      [5, 6],
    );
    assert.equal(stream.isEnded, true);
  });

  it('ends at once when nothing is in progress', async (t) => {
    const { stream, session, register, answers } = setUp(t);
    register();
    await answers();
    session.drain(STOPPING, 30_000);
    const [goaway] = await answers();
    assert.equal(stream.isEnded, false, 'a call may be on its way');
    stream.receive(response(goaway?.id as number, { type: 'goaway_res' }));
    await tick();
    assert.equal(stream.isEnded, true);
  });

  it('does not wait longer than 2 s for the acknowledgement', async (t) => {
    const clock = mockClock(t);
    const { stream, session, register, answers } = setUp(t, { heartbeatInterval: 60_000 });
    register();
    session.drain(STOPPING, 30_000);
    await answers();
    clock.advance(1_999);
    await tick();
    assert.equal(stream.isEnded, false);
    clock.advance(10);
    await tick();
    assert.equal(stream.isEnded, true);
  });

  it('tells a stock peer nothing, and serves what it has in progress', async (t) => {
    const { stream, session, calls, registerStock, answers } = setUp(t);
    registerStock();
    stream.receive(request(5, { type: 'invoke', method: 'user.m.f', argLength: 0, oneway: false }));
    await answers();
    session.drain(STOPPING, 30_000);
    assert.deepEqual([await answers(), stream.isEnded], [[], false]);
    calls[0]?.succeed([1]);
    assert.deepEqual([(await answers()).length, stream.isEnded], [1, true]);
  });

  it('makes no call that comes when it has ended, since nobody could be told of its result', async (t) => {
    const { stream, session, calls, registerStock } = setUp(t);
    registerStock();
    session.drain(STOPPING, 30_000);
    await tick();
    assert.equal(stream.isEnded, true);
    stream.receive(request(5, { type: 'invoke', method: 'user.m.f', argLength: 0, oneway: false }));
    await tick();
    assert.equal(calls.length, 0);
  });

  it('answers a heartbeat after its end with nothing, and keeps the answers that are still being read', async (t) => {
    const { stream, session, closed, register, answers } = setUp(t);
    register();
    await answers();
    session.drain(STOPPING, 30_000);
    const [goaway] = await answers();
    stream.receive(response(goaway?.id as number, { type: 'goaway_res' }));
    await tick();
    assert.equal(stream.isEnded, true);
    stream.receive(request(9, { type: 'heartbeat' }));
    await tick(); // FakeStream throws when it is written to after its end, as a socket fails
    assert.deepEqual([closed, stream.isDestroyed], [[], false]);
  });

  it('ends an unregistered connection without a word', async (t) => {
    const { stream, session, answers } = setUp(t);
    session.drain(STOPPING, 30_000);
    assert.deepEqual([await answers(), stream.isEnded], [[], true]);
  });

  it('can drain a peer whose queue is full', async (t) => {
    const { stream, session, calls, register, invoke } = setUp(t);
    register();
    await tick();
    stream.accepts = false;
    for (let id = 5; id < 8; id++) invoke(id, []);
    for (const call of calls) call.succeed(['x'.repeat(9_000)]);
    await tick();
    session.drain(STOPPING, 30_000); // what it throws, the stopping server throws, and retires nobody else
  });
});
