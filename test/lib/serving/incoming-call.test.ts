import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { IncomingCall } from '../../../lib/serving/incoming-call.js';

function setUp(oneway = false) {
  const answers: unknown[][] = [];
  let served = 0;
  const answerer = {
    answerResults: (...answer: unknown[]) => answers.push(answer),
    answerError: (...answer: unknown[]) => answers.push(answer),
    served: () => {
      served += 1;
    },
  };
  return { call: new IncomingCall(answerer, 7, 'user.m.f', [1], oneway, undefined), answers, served: () => served };
}

const boom = new Error('boom');
const refusal = new RpcError(RpcCode.NoMethod, 'no such method');

describe('IncomingCall', () => {
  it('takes the first answer and no other, whichever they are', () => {
    const ways: ((call: IncomingCall) => void)[] = [
      (call) => call.succeed([1]),
      (call) => call.fail(boom),
      (call) => call.refuse(refusal),
    ];
    for (const first of ways) {
      const { call, answers, served } = setUp();
      first(call);
      for (const later of ways) later(call);
      assert.deepEqual([answers.length, served()], [1, 1]);
    }
  });

  it('answers with the results, the error, or why it was not made', () => {
    const answerTo = (end: (call: IncomingCall) => void) => {
      const { call, answers } = setUp();
      end(call);
      return answers[0];
    };
    assert.deepEqual(
      answerTo((call) => call.succeed([1, 2])),
      [7, 'user.m.f', [1, 2]],
    );
    assert.deepEqual(
      answerTo((call) => call.fail(boom)),
      [7, boom, undefined, 'user.m.f'],
    );
    assert.deepEqual(
      answerTo((call) => call.refuse(refusal)),
      [7, refusal, RpcCode.NoMethod, 'user.m.f'],
    );
  });

  it('answers nothing to a one-way call, but is over all the same', () => {
    for (const end of [
      (call: IncomingCall) => call.succeed([]),
      (call: IncomingCall) => call.fail(boom),
      (call: IncomingCall) => call.refuse(refusal),
    ]) {
      const { call, answers, served } = setUp(true);
      end(call);
      assert.deepEqual([answers, served()], [[], 1]);
    }
  });

  it('takes only the dispatcher’s own error for ours', () => {
    const codeOf = (error: Error) => {
      const { call, answers } = setUp();
      call.fail(error);
      return answers[0]?.[2];
    };
    assert.equal(
      codeOf(new RpcError(RpcCode.NeedsCallback, 'wants a callback', { method: 'user.m.f' })),
      RpcCode.NeedsCallback,
    );
    assert.equal(codeOf(new RpcError(RpcCode.NeedsCallback, 'elsewhere', { serverId: 'other-1' })), undefined);
    assert.equal(codeOf(new RpcError(RpcCode.Timeout, 'elsewhere')), undefined);
  });
});
