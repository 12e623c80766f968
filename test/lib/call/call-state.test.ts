import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CALL_TRANSITIONS, type CallState } from '../../../lib/call/call-state.js';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RpcCode } from '../../../lib/errors.js';
import { fakeCall } from '../transport/support.js';

type Open = Exclude<CallState, 'settled'>;
const OPEN = ['routing', 'filtering', 'queued', 'sent', 'answered'] as const satisfies readonly Open[];

/** The moves that lead from `routing` to the state. */
const WAY: Readonly<Record<Open, readonly Open[]>> = {
  routing: [],
  filtering: ['filtering'],
  queued: ['queued'],
  sent: ['sent'],
  answered: ['sent', 'answered'],
};

function callIn(state: Open): OutgoingCall {
  const { call } = fakeCall();
  for (const step of WAY[state]) assert.equal(call.move(step, step === 'queued' ? 'connection' : undefined), true);
  assert.equal(call.state, state);
  return call;
}

describe("an outgoing call's states", () => {
  for (const from of OPEN) {
    it(`${from}: moves where the table says, and nowhere else`, () => {
      for (const to of OPEN) {
        const call = callIn(from);
        const isAllowed = (CALL_TRANSITIONS[from] as readonly CallState[]).includes(to);
        assert.equal(call.move(to), isAllowed, `${from} -> ${to}`);
        assert.equal(call.state, isAllowed ? to : from);
      }
    });

    it(`${from}: may settle, and then moves no more`, () => {
      const call = callIn(from);
      assert.equal(call.fail(call.error(RpcCode.Closed, 'stopped', call.delivery)), true);
      assert.deepEqual([call.state, call.lastState, call.isSettled], ['settled', from, true]);
      for (const to of OPEN) assert.equal(call.move(to), false);
      assert.equal(call.state, 'settled');
    });
  }

  it('say how far the call has got', () => {
    assert.deepEqual(
      OPEN.map((state) => callIn(state).delivery),
      ['not-sent', 'not-sent', 'not-sent', 'unknown', 'answered'],
    );
  });

  it('go back from sent to queued when a relay gives the call back, which is "not-sent" again', () => {
    const call = callIn('sent');
    assert.equal(call.move('queued', 'connection'), true);
    assert.deepEqual([call.delivery, call.stage, call.hasWaited], ['not-sent', 'waiting for a connection', true]);
  });

  it('name what a queued call waits for', () => {
    const stages = (['connection', 'room', 'attempt'] as const).map((waitsFor) => {
      const { call } = fakeCall();
      call.move('queued', waitsFor);
      return call.stage;
    });
    assert.deepEqual(stages, [
      'waiting for a connection',
      'waiting for room on its connection',
      'waiting to be tried again',
    ]);
  });
});
