import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { cancelWith, isAbortSignal } from '../../../lib/call/cancel-with.js';
import { fakeCall, moveTo, told } from '../transport/support.js';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('cancelWith', () => {
  it('fails the call of a signal that is aborted already', () => {
    const { call, outcomes } = fakeCall();
    assert.equal(cancelWith(call, AbortSignal.abort('why')), false);
    assert.deepEqual(told(outcomes), ['ERR_RPC_CANCELLED not-sent']);
  });

  it('cancels the calls that have not settled, with the signal’s reason, and leaves no listener', () => {
    const controller = new AbortController();
    const [one, two, three] = [fakeCall(), fakeCall(), fakeCall()];
    for (const { call } of [one, two, three]) assert.equal(cancelWith(call, controller.signal), true);
    assert.equal(listeners(controller.signal), 1);
    two.call.succeed(['first']);
    const reason = new Error('why');
    controller.abort(reason);
    assert.deepEqual(told(two.outcomes), ['ok first']);
    for (const { outcomes } of [one, three]) {
      const [outcome] = outcomes;
      assert.ok(outcome !== undefined && 'error' in outcome);
      assert.deepEqual([outcomes.length, outcome.error.cause], [1, reason]);
    }
    assert.equal(listeners(controller.signal), 0);
  });

  it('listens again for the next call, and once for each of two signals of one call', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = fakeCall();
    cancelWith(first.call, one.signal);
    first.call.succeed([]);
    assert.equal(listeners(one.signal), 0);
    const second = fakeCall();
    cancelWith(second.call, one.signal);
    cancelWith(second.call, two.signal);
    two.abort();
    assert.deepEqual(told(second.outcomes), ['ERR_RPC_CANCELLED not-sent']);
    assert.deepEqual([listeners(one.signal), listeners(two.signal)], [0, 0]);
  });
});

describe('OutgoingCall, cancelled', () => {
  it('is let go of first, by whoever has it last, and settles once', () => {
    const { call, outcomes } = fakeCall();
    const events: string[] = [];
    call.isCancellable = true;
    call.heldBy(() => events.push('an earlier holder'));
    call.heldBy(() => events.push(`let go, settled: ${call.isSettled}`));
    assert.deepEqual([call.cancel('why'), call.cancel('again')], [true, false]);
    assert.deepEqual(events, ['let go, settled: false']);
    assert.deepEqual(told(outcomes), ['ERR_RPC_CANCELLED not-sent']);
    call.heldBy(() => events.push('too late'));
    assert.equal(events.at(-1), 'too late', 'who takes a settled call lets go of it at once');
  });

  const stages = [
    ['routing', 'not-sent', 'cancelled in routing'],
    ['waiting for a connection', 'not-sent', 'cancelled while waiting for a connection'],
    ['waiting for the answer', 'unknown', 'cancelled while waiting for the answer'],
  ] as const;
  for (const [stage, delivery, message] of stages) {
    it(`says that it was ${message}, and how far it got`, () => {
      const { call, outcomes } = fakeCall();
      moveTo(call, stage);
      call.cancel('why');
      const [outcome] = outcomes;
      assert.ok(outcome !== undefined && 'error' in outcome);
      assert.deepEqual([outcome.error.delivery, outcome.error.message], [delivery, `user.m.f: ${message}`]);
    });
  }

  it('is cancelled while after filters have its answer', () => {
    const { call, outcomes } = fakeCall();
    call.isCancellable = true;
    const filtered: unknown[] = [];
    call.answerStage = { filterAnswer: (answered) => void filtered.push(answered) };
    call.move('sent');
    call.succeed([1]);
    assert.deepEqual([filtered, call.state, outcomes], [[call], 'answered', []]);
    assert.equal(call.cancel('why'), true);
    assert.equal(call.succeed([1]), false);
    assert.deepEqual(told(outcomes), ['ERR_RPC_CANCELLED answered']);
  });

  it('is cancelled at its attempt, whose end is its own', () => {
    const { call, outcomes } = fakeCall();
    call.isCancellable = true;
    const attempt = fakeCall();
    call.delegateCancel(attempt.call);
    assert.equal(call.cancel('why'), true);
    assert.deepEqual([told(attempt.outcomes), outcomes], [['ERR_RPC_CANCELLED not-sent'], []]);
    call.delegateCancel(undefined);
    assert.equal(call.cancel('why'), true);
    assert.deepEqual(told(outcomes), ['ERR_RPC_CANCELLED not-sent']);
  });
});

describe('isAbortSignal', () => {
  it('takes what can be listened to as one', () => {
    assert.equal(isAbortSignal(new AbortController().signal), true);
    assert.equal(isAbortSignal({ aborted: false, addEventListener() {}, removeEventListener() {} }), true);
    for (const value of [undefined, null, 5, 'x', {}, new AbortController(), { aborted: false, addEventListener() {} }])
      assert.equal(isAbortSignal(value), false);
  });
});
