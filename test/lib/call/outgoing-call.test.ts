import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { directRequestCodec } from '../../../lib/follower/request-codec.js';
import { chooseCodec } from '../../../lib/protocol/codecs.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';
import type { ProgressReport } from '../../../lib/transport/pending-calls.js';
import { fakeCall, listOf, mockClock, moveTo, type Outcome, told } from '../transport/support.js';

const JSON_CODEC = chooseCodec(['json']) ?? assert.fail();
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function answer(call: OutgoingCall, head: object, body: Buffer = Buffer.alloc(0)): void {
  const frame: FrameView = { kind: 1, id: 1, timeout: 1, bytes: body, headStart: 0, bodyStart: 0, end: body.length };
  call.requestCodec ??= directRequestCodec;
  call.answered(parseHead(JSON.stringify(head)), frame, JSON_CODEC);
}

const SUCCESS = { type: 'invoke_result', success: true };
const FAILURE = { type: 'invoke_result', success: false };
const gone = (code: RpcCode = RpcCode.ConnectionLost) => new RpcError(code, 'gone');

function errorOf([outcome]: readonly Outcome[]): RpcError {
  assert.ok(outcome !== undefined && 'error' in outcome);
  return outcome.error;
}

/** Every way in which a call can end. */
const ENDS: Record<string, (call: OutgoingCall) => void> = {
  'an answer': (call) => answer(call, SUCCESS, json(1)),
  'an error as the answer': (call) => answer(call, FAILURE, json({ message: 'boom' })),
  'an answer that cannot be decoded': (call) => answer(call, SUCCESS, Buffer.from('{')),
  'its deadline': (call) => call.expire(),
  'a lost connection': (call) => call.lost(gone(), 'unknown'),
  success: (call) => void call.succeed([1]),
  failure: (call) => void call.fail(call.error(RpcCode.Closed, 'stopped', 'not-sent')),
};

describe('OutgoingCall', () => {
  for (const [first, endFirst] of Object.entries(ENDS)) {
    it(`settles once, when ${first} comes first`, () => {
      for (const [second, endSecond] of Object.entries(ENDS)) {
        const { call, outcomes } = fakeCall();
        endFirst(call);
        const before = [...outcomes];
        endSecond(call);
        assert.equal(outcomes.length, 1, `${first}, then ${second}`);
        assert.deepEqual(outcomes, before);
        assert.equal(call.isSettled, true);
      }
    });
  }

  it('says whether it was the one that settled', () => {
    const { call } = fakeCall();
    assert.deepEqual([call.succeed([1]), call.succeed([2]), call.fail(gone())], [true, false, false]);
  });

  it('settles once although its caller settles it again from the callback', () => {
    const { call, outcomes } = fakeCall();
    call.intercept((settle) => (error, results) => {
      call.succeed(['again']);
      call.expire();
      settle(error, results);
    });
    call.succeed(['first']);
    assert.deepEqual(told(outcomes), ['ok first']);
  });

  it('has one deadline, from when it was made', (t) => {
    t.mock.method(performance, 'now', () => 500);
    const { call } = fakeCall({ timeout: 30 });
    assert.deepEqual([call.startedAt, call.deadline], [500, 530]);
  });

  const stages = [
    ['routing', 'not-sent', 'still in routing after 1000 ms'],
    ['before filters', 'not-sent', 'still in before filters after 1000 ms'],
    ['waiting for a connection', 'not-sent', 'still waiting for a connection after 1000 ms'],
    ['waiting for the answer', 'unknown', 'no answer after 1000 ms'],
    ['after filters', 'answered', 'still in after filters after 1000 ms'],
  ] as const;
  for (const [stage, delivery, message] of stages) {
    it(`says when its deadline passes in ${stage} that, and how far it got`, (t) => {
      mockClock(t);
      const { call, outcomes } = fakeCall();
      call.serverId = 'test-1';
      moveTo(call, stage);
      call.expire();
      const [outcome] = outcomes;
      assert.ok(outcome !== undefined && 'error' in outcome);
      const { code, delivery: got, method, serverId } = outcome.error;
      assert.deepEqual([code, got, method, serverId], [RpcCode.Timeout, delivery, 'user.m.f', 'test-1']);
      assert.equal(outcome.error.message, `user.m.f on test-1: ${message}`);
    });
  }

  it('knows how long it was in each stage, once it had to wait', (t) => {
    const clock = mockClock(t);
    const { call, outcomes } = fakeCall({ timeout: 100 });
    call.serverId = 'test-1';
    clock.advance(10);
    call.startClock();
    clock.advance(20);
    moveTo(call, 'waiting for a connection');
    clock.advance(30);
    moveTo(call, 'waiting for the answer');
    clock.advance(40);
    call.expire();
    const { timing, message } = errorOf(outcomes);
    assert.deepEqual(
      [timing?.totalMs, timing?.routingMs, timing?.connectingMs, timing?.unansweredMs],
      [100, 30, 30, 40],
    );
    assert.equal(
      message,
      'user.m.f on test-1: no answer after 100 ms (30 ms in routing, 30 ms waiting for a connection, 40 ms unanswered)',
    );
  });

  it('reads no clock on its way where it does not wait', (t) => {
    const { call } = fakeCall();
    const now = t.mock.method(performance, 'now');
    moveTo(call, 'before filters');
    moveTo(call, 'waiting for the answer');
    call.succeed([]);
    assert.equal(now.mock.callCount(), 0);
    assert.equal(call.hasWaited, false);
  });

  it('has its time until the answer from after filters that take theirs, whether it had waited before or not', (t) => {
    const clock = mockClock(t);
    for (const hasWaited of [false, true]) {
      const { call, outcomes } = fakeCall();
      if (hasWaited) call.startClock();
      clock.advance(hasWaited ? 20 : 0);
      moveTo(call, 'waiting for the answer');
      clock.advance(40);
      call.answerStage = {
        filterAnswer(answered) {
          answered.startClock();
          clock.advance(60);
          answered.expire();
        },
      };
      call.succeed([]);
      const { timing } = errorOf(outcomes);
      assert.deepEqual([timing?.routingMs, timing?.unansweredMs, timing?.afterFiltersMs], [hasWaited ? 20 : 0, 40, 60]);
    }
  });

  it('quotes what its server said of it, and says where that has said nothing', (t) => {
    const clock = mockClock(t);
    const expired = (isReported: boolean, report?: ProgressReport) => {
      const { call, outcomes } = fakeCall({ timeout: 100 });
      moveTo(call, 'waiting for the answer');
      clock.advance(80);
      if (report !== undefined) call.reported(report);
      clock.advance(20);
      call.expire(isReported);
      return errorOf(outcomes);
    };
    const told = expired(true, { heldMs: 70, isRunning: true, stallMs: 5 });
    assert.deepEqual(told.timing?.server, { saidAfterMs: 80, heldMs: 70, isRunning: true, wireMs: 10, stallMs: 5 });
    assert.match(
      told.message,
      /the server reported after 80 ms: received 70 ms before, still running, 10 ms on the wire/,
    );
    assert.match(expired(true).message, /the server sent no report/);
    assert.doesNotMatch(expired(false).message, /server/);
  });

  it('says nothing of a server that had too little time to say anything', (t) => {
    const clock = mockClock(t);
    const { call, outcomes } = fakeCall({ timeout: 100 });
    call.startClock();
    clock.advance(60);
    moveTo(call, 'waiting for the answer');
    clock.advance(40);
    call.expire(true);
    assert.doesNotMatch(errorOf(outcomes).message, /server/);
  });

  it('names its server only when it has one', () => {
    assert.equal(fakeCall().call.error(RpcCode.Route, 'why', 'not-sent').message, 'user.m.f: why');
  });

  const reasons: [RpcCode, RpcCode][] = [
    [RpcCode.ConnectionLost, RpcCode.ConnectionLost],
    [RpcCode.PeerSilent, RpcCode.ConnectionLost],
    [RpcCode.Protocol, RpcCode.ConnectionLost],
    [RpcCode.FrameTooLarge, RpcCode.ConnectionLost],
    [RpcCode.Closed, RpcCode.Closed],
    [RpcCode.ServerRemoved, RpcCode.ServerRemoved],
    [RpcCode.Stopping, RpcCode.Stopping],
  ];
  for (const [reason, code] of reasons) {
    it(`fails with ${code} when its connection ends with ${reason}`, () => {
      const { call, outcomes } = fakeCall();
      call.lost(gone(reason), 'unknown');
      assert.deepEqual(told(outcomes), [`${code} unknown`]);
      assert.equal(
        'error' in (outcomes[0] as object) && (outcomes[0] as { error: RpcError }).error.cause instanceof RpcError,
        true,
      );
    });
  }
});

describe('OutgoingCall, answered', () => {
  const values: [what: string, head: object, body: Buffer, results: unknown[]][] = [
    ['a list of results', { ...SUCCESS, results: 2 }, listOf(json('a'), json([1])), ['a', [1]]],
    ['an empty list', { ...SUCCESS, results: 0 }, Buffer.alloc(0), []],
    ['one value, as a stock peer sends it', SUCCESS, json({ a: 1 }), [{ a: 1 }]],
    ['nothing, as a stock peer sends it', SUCCESS, Buffer.alloc(0), []],
  ];
  for (const [what, head, body, results] of values) {
    it(`takes ${what}`, () => {
      const { call, outcomes } = fakeCall();
      answer(call, head, body);
      assert.deepEqual(outcomes, [{ results }]);
    });
  }

  const broken: [what: string, head: object, body: Buffer][] = [
    ['a list with too few results', { ...SUCCESS, results: 2 }, listOf(json(1))],
    ['a list with too many', { ...SUCCESS, results: 1 }, listOf(json(1), json(2))],
    ['a value that is none', SUCCESS, Buffer.from('nonsense')],
    ['an error that is none', FAILURE, Buffer.from('nonsense')],
    ['the answer to something else', { type: 'heartbeat_res' }, Buffer.alloc(0)],
    ['no answer at all', {}, Buffer.alloc(0)],
  ];
  for (const [what, head, body] of broken) {
    it(`fails with ERR_RPC_DECODE for ${what}`, () => {
      const { call, outcomes } = fakeCall();
      answer(call, head, body);
      assert.deepEqual(told(outcomes), [`${RpcCode.Decode} answered`]);
    });
  }

  function remoteError(head: object, body: Buffer): RpcError {
    const { call, outcomes } = fakeCall();
    call.serverId = 'test-1';
    answer(call, head, body);
    const [outcome] = outcomes;
    assert.ok(outcome !== undefined && 'error' in outcome && outcomes.length === 1);
    return outcome.error;
  }

  it('rebuilds the error of the method, with its name, message and code', () => {
    const error = remoteError(
      FAILURE,
      json({ name: 'TypeError', message: 'boom', code: 'E_BOOM', __proto__: null, secret: 1 }),
    );
    assert.deepEqual(
      [error.code, error.delivery, error.message],
      [RpcCode.Remote, 'answered', 'user.m.f on test-1: boom'],
    );
    const cause = error.cause as Error & { code: unknown; secret?: unknown };
    assert.deepEqual([cause.name, cause.message, cause.code, cause.secret], ['TypeError', 'boom', 'E_BOOM', undefined]);
    assert.ok(cause instanceof Error);
    assert.equal(cause.stack, 'TypeError: boom', 'where it was decoded says nothing');
  });

  it('keeps a stack that was sent', () => {
    const cause = remoteError(FAILURE, json({ message: 'boom', stack: 'Error: boom\n    at there' })).cause as Error;
    assert.equal(cause.stack, 'Error: boom\n    at there');
  });

  it('lets nobody replace the prototype or the fields of an error', () => {
    const cause = remoteError(
      FAILURE,
      Buffer.from(
        '{"__proto__":{"polluted":1},"message":{"not":"text"},"name":5,"code":{},"cause":"x","constructor":1}',
      ),
    ).cause as Error & { code?: unknown; polluted?: unknown };
    assert.ok(cause instanceof Error);
    assert.equal(Object.getPrototypeOf(cause), Error.prototype);
    assert.deepEqual(
      [cause.name, typeof cause.message, cause.code, cause.polluted, (cause.cause as Error).message],
      ['Error', 'string', undefined, undefined, 'x'],
    );
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('takes whatever was sent in place of an error', () => {
    assert.equal((remoteError(FAILURE, json('just text')).cause as Error).message, 'just text');
    assert.equal(
      (remoteError(FAILURE, json(null)).cause as Error).message,
      'the method failed, and the server gave no reason',
    );
    assert.equal(
      (remoteError(FAILURE, Buffer.alloc(0)).cause as Error).message,
      'the method failed, and the server gave no reason',
    );
    assert.equal(typeof (remoteError(FAILURE, json([1])).cause as Error).message, 'string');
  });

  it('takes the server’s own code where it is one of ours', () => {
    const error = remoteError({ ...FAILURE, code: RpcCode.NoMethod }, json({ message: 'no such method' }));
    assert.deepEqual([error.code, error.delivery], [RpcCode.NoMethod, 'answered']);
    assert.equal(remoteError({ ...FAILURE, code: 'ERR_FROM_LATER' }, json({ message: 'x' })).code, RpcCode.Remote);
  });
});

describe('OutgoingCall, as routers and filters see it', () => {
  it('is a message with the caller’s own arguments', () => {
    const args = [1, 2];
    const { call } = fakeCall({ args });
    assert.deepEqual(call.msg, { namespace: 'user', serverType: 'test', service: 'm', method: 'f', args: [1, 2] });
    assert.equal(call.msg.args, args);
    assert.equal(call.msg, call.msg, 'made once');
  });

  it('becomes what a filter made of it', () => {
    const { call } = fakeCall();
    const { method } = call;
    call.msg.args.push('in place');
    const { msg } = call;
    call.msg = msg;
    assert.equal(call.method, method, 'the same method keeps its heads');
    assert.deepEqual(call.args, ['in place']);
    call.msg = { ...call.msg, service: 'other', args: ['new'] };
    assert.equal(call.method.name, 'user.other.f');
    assert.deepEqual(call.args, ['new']);
  });
});
