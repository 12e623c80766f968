import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { CancellableCalls } from '../../../lib/serving/cancellable-calls.js';
import { IncomingCall } from '../../../lib/serving/incoming-call.js';
import { mockClock } from '../transport/support.js';

const answerer = { answerResults() {}, answerError() {}, served() {} };
const incoming = (id: number, { deadline = Number.POSITIVE_INFINITY, oneway = false } = {}) =>
  new IncomingCall(answerer, id, 'user.m.f', [], oneway, undefined, deadline);
const reasonOf = (call: IncomingCall) => (call.context.signal.reason as RpcError | undefined)?.code;

describe('CancellableCalls', () => {
  it('tells a watched call that it was cancelled, and gives it back', () => {
    const watched = new CancellableCalls();
    const call = incoming(1);
    watched.add(call);
    assert.equal(watched.cancel(1, 1), call);
    assert.equal(reasonOf(call), RpcCode.Cancelled);
    assert.equal(watched.isCancelled(1), false, 'it drops its answer by itself');
  });

  it('remembers the ids of others, for their answers, and tells one that asks later', () => {
    const watched = new CancellableCalls();
    assert.equal(watched.cancel(7, 1), undefined);
    assert.equal(watched.isCancelled(7), true);
    const call = incoming(7);
    watched.add(call);
    assert.equal(reasonOf(call), RpcCode.Cancelled);
    watched.forget(call);
    assert.equal(watched.isCancelled(7), false);
  });

  it('remembers no more of them than there are calls that are not over', () => {
    const watched = new CancellableCalls();
    for (let id = 1; id <= 1_000; id++) watched.cancel(id, 3);
    const known = Array.from({ length: 1_000 }, (_, i) => i + 1).filter((id) => watched.isCancelled(id));
    assert.deepEqual(known, [998, 999, 1_000]);
    watched.cancel(1_001, 0);
    assert.equal(watched.isCancelled(1_000) || watched.isCancelled(1_001), false);
  });

  it('tells each call when its deadline passes, and not before', (t) => {
    const clock = mockClock(t);
    const watched = new CancellableCalls();
    const [soon, later, never] = [
      incoming(1, { deadline: clock.now + 10 }),
      incoming(2, { deadline: clock.now + 100 }),
      incoming(3),
    ];
    for (const call of [soon, later, never]) {
      assert.equal(call.context.signal.aborted, false);
      watched.add(call);
    }
    clock.advance(9);
    assert.equal(reasonOf(soon), undefined);
    clock.advance(20);
    assert.deepEqual([soon, later, never].map(reasonOf), [RpcCode.Timeout, undefined, undefined]);
    clock.advance(100);
    assert.deepEqual([later, never].map(reasonOf), [RpcCode.Timeout, undefined]);
    for (const call of [soon, later, never]) watched.forget(call);
    assert.equal(clock.timers, 0);
  });

  it('has all that came under one id, and cancels the latest', () => {
    const watched = new CancellableCalls();
    const [first, second, third] = [incoming(1), incoming(1), incoming(1)];
    for (const each of [first, second, third]) {
      watched.begins(1);
      reasonOf(each);
      watched.add(each);
    }
    watched.forget(second);
    watched.cancel(1, 3);
    assert.deepEqual(watched.abortAll(new RpcError(RpcCode.ConnectionLost, 'gone')), [first, third]);
    assert.deepEqual([first, second, third].map(reasonOf), [RpcCode.ConnectionLost, undefined, RpcCode.Cancelled]);
    watched.forget(third);
    watched.begins(1);
    assert.equal(watched.cancel(1, 3), undefined, 'the one that begins is not watched yet');
  });

  it('tells all but one-way calls that the connection has ended', () => {
    const watched = new CancellableCalls();
    const [call, oneway] = [incoming(1), incoming(2, { oneway: true })];
    for (const each of [call, oneway]) {
      reasonOf(each);
      watched.add(each);
    }
    assert.deepEqual(watched.abortAll(new RpcError(RpcCode.ConnectionLost, 'gone')), [call]);
    assert.deepEqual([call, oneway].map(reasonOf), [RpcCode.ConnectionLost, undefined]);
  });
});

describe('the context of a call', () => {
  it('is made once, when first asked for, and its call is watched from then on', () => {
    const watched: IncomingCall[] = [];
    const caller = { id: '1', ip: '127.0.0.1', peer: '127.0.0.1:5' };
    const watchCancel = (call: IncomingCall) => void watched.push(call);
    const call = new IncomingCall({ ...answerer, caller, watchCancel }, 3, 'user.m.f', [], false, { m: 1 }, 5_000);
    assert.equal(watched.length, 0);
    const { context } = call;
    assert.equal(call.context, context);
    assert.deepEqual(watched, [call]);
    const { method, meta, deadline } = context;
    assert.deepEqual([method, meta, deadline, context.caller], ['user.m.f', { m: 1 }, 5_000, caller]);
  });

  it('keeps the first reason, also where the signal is asked for after it', () => {
    const call = incoming(1);
    const { context } = call;
    call.abort(new RpcError(RpcCode.ConnectionLost, 'gone'));
    call.cancelled(new RpcError(RpcCode.Cancelled, 'cancelled'));
    call.expire();
    assert.equal((context.signal.reason as RpcError).code, RpcCode.ConnectionLost);
  });

  it('says what is left, and never less than nothing', (t) => {
    const clock = mockClock(t);
    const { context } = incoming(1, { deadline: clock.now + 50 });
    assert.equal(context.remaining, 50);
    clock.advance(20);
    assert.equal(context.remaining, 30);
    clock.advance(60);
    assert.equal(context.remaining, 0);
    assert.equal(incoming(2).context.remaining, Number.POSITIVE_INFINITY);
  });
});
