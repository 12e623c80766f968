import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FailbackQueue } from '../../failure/failback-queue.js';
import type { CallOptions } from '../../lib/call/call-contract.js';
import type { FailbackReceipt } from '../../lib/call/failback-receipt.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { type Delivery, RpcCode, type RpcError } from '../../lib/errors.js';
import { fakeCall, mockClock, tick } from '../lib/transport/support.js';
import { failOptions } from './support.js';

interface Sent {
  readonly call: OutgoingCall;
  readonly serverId: string | undefined;
}

function setUp(t: TestContext, limit = 10) {
  const clock = mockClock(t);
  const sent: Sent[] = [];
  const told: string[] = [];
  const errors: RpcError[] = [];
  const queue = new FailbackQueue(limit, {
    deliver: (call) => void sent.push({ call, serverId: call.serverId }),
    onDelivered: ({ id }, results) => void told.push(`${id} delivered ${results}`),
    onGivenUp({ id }, error) {
      told.push(`${id} given up ${error.code} ${error.delivery}`);
      errors.push(error);
    },
  });
  const accept = (options: CallOptions = {}, named?: string): FailbackReceipt | undefined => {
    const { call } = fakeCall({ args: ['x'], options, timeout: 700 });
    const servers = new Set(['test-1']);
    const tried = { call, named, servers, outOfReach: servers, count: 1, options: failOptions() };
    return queue.accept(tried, call.error(RpcCode.Connect, 'refused', 'not-sent'));
  };
  /** The last one that was sent fails. */
  const fail = (code: RpcCode = RpcCode.Connect, delivery: Delivery = 'not-sent') => {
    const call = sent.at(-1)?.call ?? assert.fail('nothing was sent');
    call.fail(call.error(code, 'refused', delivery));
  };
  /** async's queue begins a turn later. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await tick();
  };
  return { clock, queue, sent, told, errors, accept, fail, pass };
}

describe('FailbackQueue', () => {
  it('makes the call again after retryConnectTime, with its whole timeout', async (t) => {
    const { sent, told, accept, pass, clock } = setUp(t);
    const receipt = accept({}, 'test-1');
    assert.deepEqual([receipt?.accepted, receipt?.id, receipt?.method], [true, 1, 'user.m.f']);
    assert.equal(receipt?.error.code, 'ERR_RPC_CONNECT');
    await pass(4_999);
    assert.equal(sent.length, 0);
    await pass(1);
    const [{ call, serverId } = assert.fail()] = sent;
    assert.deepEqual([call.args, call.timeout, call.deadline, serverId], [['x'], 700, clock.now + 700, 'test-1']);
    call.succeed([5, 6]);
    assert.deepEqual(told, ['1 delivered 5,6']);
    await pass(60_000);
    assert.deepEqual([sent.length, clock.timers], [1, 0]);
  });

  it('gives up after three tries, and tells all attempts', async (t) => {
    const { sent, told, errors, accept, fail, pass, queue } = setUp(t);
    accept();
    for (let tries = 1; tries <= 3; tries++) {
      await pass(5_000);
      assert.equal(sent.length, tries);
      fail();
    }
    assert.deepEqual([told, queue.size], [['1 given up ERR_RPC_CONNECT not-sent'], 0]);
    assert.match(errors[0]?.message ?? '', /given up after 4 attempts: retryTimes is 3/);
    assert.equal(errors[0]?.attempts?.length, 4);
    await pass(60_000);
    assert.equal(sent.length, 3);
  });

  it('repeats what may have run only where it is idempotent', async (t) => {
    const { sent, told, accept, fail, pass } = setUp(t);
    accept();
    await pass(5_000);
    fail(RpcCode.ConnectionLost, 'unknown');
    assert.deepEqual(told, ['1 given up ERR_RPC_CONNECTION_LOST unknown']);
    accept({ idempotent: true });
    await pass(5_000);
    fail(RpcCode.ConnectionLost, 'unknown');
    await pass(5_000);
    assert.equal(sent.length, 3);
  });

  it("takes a method's own error for the end of it", async (t) => {
    const { told, accept, fail, pass } = setUp(t);
    accept({ idempotent: true });
    await pass(5_000);
    fail(RpcCode.Remote, 'answered');
    assert.deepEqual(told, ['1 given up ERR_RPC_REMOTE answered']);
  });

  it('is bounded, and tries only some at once', async (t) => {
    const { queue, accept, pass, sent, told } = setUp(t, 10);
    for (let at = 1; at <= 10; at++) assert.equal(accept()?.id, at);
    assert.equal(accept(), undefined);
    await pass(5_000);
    assert.equal(sent.length, 8);
    sent[0]?.call.succeed([]);
    await tick();
    assert.deepEqual([sent.length, queue.size, told.length], [9, 9, 1]);
    assert.equal(accept()?.id, 11, 'there is room again');
    queue.stop();
  });

  it('gives up what waits when it is stopped; what is being tried may still succeed', async (t) => {
    const { clock, queue, accept, pass, sent, told, fail } = setUp(t, 20);
    for (let at = 1; at <= 9; at++) accept();
    await pass(5_000); // 8 are being tried, the ninth waits for its turn
    accept();
    queue.stop();
    assert.deepEqual(told.sort(), ['10 given up ERR_RPC_CLOSED not-sent', '9 given up ERR_RPC_CLOSED not-sent']);
    sent[0]?.call.succeed(['in time']);
    fail();
    assert.deepEqual(told.slice(2), ['1 delivered in time', '8 given up ERR_RPC_CLOSED not-sent']);
    assert.deepEqual([accept(), clock.timers], [undefined, 0]);
  });
});
