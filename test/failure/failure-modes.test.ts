import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailureModes, type FailureOptions, resolveFailureOptions } from '../../failure/index.js';
import { HeldCalls } from '../../lib/call/held-calls.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode } from '../../lib/errors.js';
import { fakeCall, told } from '../lib/transport/support.js';

function setUp(options: FailureOptions = {}, admits = true) {
  const sent: OutgoingCall[] = [];
  const parts = {
    next: { send: (call: OutgoingCall) => void sent.push(call) },
    roster: {
      servers: () => [],
      candidates: () => [],
      inFlight: () => 0,
      latency: () => undefined,
      isConnected: () => false,
      onReachable() {},
    },
    admission: {
      admit(call: OutgoingCall): boolean {
        if (!admits) call.fail(call.error(RpcCode.NotStarted, 'the client is not started', 'not-sent'));
        return admits;
      },
    },
    held: new HeldCalls((call) => call.expire()),
  };
  const modes = new FailureModes(parts, resolveFailureOptions(options), { onDelivered() {}, onGivenUp() {} });
  return { modes, sent };
}

describe('FailureModes', () => {
  it('passes on no call that is not admitted', () => {
    for (const failMode of ['failfast', 'failover', 'failback'] as const) {
      const { modes, sent } = setUp({ failMode }, false);
      const { call, outcomes } = fakeCall();
      modes.send(call);
      assert.deepEqual([told(outcomes), sent], [['ERR_RPC_NOT_STARTED not-sent'], []]);
    }
  });

  it('passes on no call whose signal is aborted', () => {
    const { modes, sent } = setUp();
    const { call, outcomes } = fakeCall({ options: { signal: AbortSignal.abort('why') } });
    modes.send(call);
    assert.deepEqual([told(outcomes), sent], [['ERR_RPC_CANCELLED not-sent'], []]);
  });

  it('passes on the very call in failfast, and in failover where the caller named the server', () => {
    const plain = setUp();
    const { call } = fakeCall();
    plain.modes.send(call);
    assert.deepEqual(plain.sent, [call]);

    const failover = setUp({ failMode: 'failover' });
    const named = fakeCall().call;
    named.serverId = 'test-1';
    failover.modes.send(named);
    assert.deepEqual(failover.sent, [named]);
  });

  it('passes on attempts in the modes that may try again, to the server that the caller named', () => {
    const { modes, sent } = setUp({ failMode: 'failsafe' });
    const { call } = fakeCall();
    call.serverId = 'test-7';
    modes.send(call);
    assert.equal(sent.length, 1);
    assert.notEqual(sent[0], call);
    assert.deepEqual([sent[0]?.serverId, sent[0]?.skipsAfterFilters], ['test-7', true]);
  });

  it('makes no attempt after the stop', () => {
    const { modes, sent } = setUp({ failMode: 'failsafe' });
    const { call, outcomes } = fakeCall();
    call.serverId = 'test-1';
    modes.send(call);
    modes.stop();
    sent[0]?.fail(sent[0].error(RpcCode.ConnectionLost, 'cut', 'not-sent'));
    assert.deepEqual([told(outcomes), sent.length], [['ERR_RPC_CONNECTION_LOST not-sent'], 1]);
  });
});
