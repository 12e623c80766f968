import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Attempt } from '../../failure/attempt.js';
import { Failover } from '../../failure/failover.js';
import { Failsafe } from '../../failure/failsafe.js';
import type { FailurePolicy } from '../../failure/policy.js';
import { RetriedCall } from '../../failure/retried-call.js';
import { RetryBudget } from '../../failure/retry-budget.js';
import type { CallOptions } from '../../lib/call/call-contract.js';
import type { FailOptions } from '../../lib/call/fail-mode.js';
import { findCause, RpcCode, RpcError } from '../../lib/errors.js';
import { fakeCall, mockClock, told } from '../lib/transport/support.js';
import { errorOf, FakeWays, failOptions } from './support.js';

const EVEN = () => 0.5;
const PLENTY = { ratio: 1, minPerSecond: 1_000 };

interface Given {
  readonly servers?: number;
  readonly options?: CallOptions;
  readonly fail?: FailOptions;
  readonly named?: string;
  readonly oneway?: boolean;
  readonly timeout?: number;
  readonly policy?: (ways: FakeWays) => FailurePolicy;
  readonly budget?: RetryBudget | undefined;
}

function setUp(t: TestContext, given: Given = {}) {
  const clock = mockClock(t);
  const {
    options = {},
    oneway = false,
    timeout = 60_000,
    policy = (all) => new Failover(all.reachability, EVEN),
  } = given;
  const ways = new FakeWays(given.servers ?? 3);
  const fake = fakeCall({ options, oneway, timeout, args: [1] });
  const budget = 'budget' in given ? given.budget : new RetryBudget(PLENTY);
  fake.call.serverId = given.named;
  const tried = new RetriedCall(fake.call, failOptions(given.fail), policy(ways), ways, budget);
  tried.start();
  return { clock, ways, fake, ids: () => ways.sent.map(({ serverId }) => serverId) };
}

const safely: Given = { policy: () => new Failsafe(EVEN) };

describe('a call with failover', () => {
  it('goes to another server at once when it never left the process, and never to one twice', (t) => {
    const { ways, fake, ids, clock } = setUp(t);
    ways.fail();
    ways.fail();
    assert.deepEqual(ids(), ['test-1', 'test-2', 'test-3']);
    assert.equal(clock.timers, 0);
    ways.fail();
    assert.equal(ways.sent.length, 3);
    const error = errorOf(fake);
    assert.match(
      error.message,
      /^user\.m\.f on test-3: cut; not tried again: there is no other server; 3 attempts failed:/,
    );
    assert.match(error.message, /test-1 ERR_RPC_CONNECTION_LOST not-sent, test-2 /);
    assert.deepEqual(
      error.attempts?.map(({ serverId }) => serverId),
      ['test-1', 'test-2', 'test-3'],
    );
  });

  it('is answered by the server that can', (t) => {
    const { ways, fake } = setUp(t);
    ways.fail();
    ways.last.succeed(['five']);
    assert.deepEqual(told(fake.outcomes), ['ok five']);
    assert.equal(fake.call.serverId, 'test-2');
    assert.deepEqual(ways.filtered, [fake.call], 'after filters are for the call, once');
  });

  it('waits a little before it repeats what has reached a server', (t) => {
    const { ways, ids, clock, fake } = setUp(t, { options: { idempotent: true } });
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    assert.deepEqual([...ways.holding], [fake.call], 'under its deadline');
    assert.equal(ids().length, 1);
    clock.advance(10); // half of 20
    assert.deepEqual(ids(), ['test-1', 'test-2']);
    assert.equal(ways.holding.size, 0);
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    clock.advance(19);
    assert.equal(ids().length, 2);
    clock.advance(1);
    assert.equal(ids().length, 3);
  });

  it('is not repeated where it may have run, unless it is idempotent', (t) => {
    const { ways, fake } = setUp(t);
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    const error = errorOf(fake);
    assert.deepEqual([error.code, error.delivery, ways.sent.length], ['ERR_RPC_CONNECTION_LOST', 'unknown', 1]);
    assert.match(error.message, /not tried again: it may have run, and is not marked as idempotent/);
  });

  it('says unknown where an earlier attempt may have run, although the last one did not', (t) => {
    const { ways, fake, clock } = setUp(t, { options: { idempotent: true }, servers: 2 });
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    clock.advance(20);
    ways.fail(RpcCode.Connect, 'not-sent');
    clock.advance(fake.call.timeout);
    assert.deepEqual([errorOf(fake).code, errorOf(fake).delivery], ['ERR_RPC_CONNECT', 'unknown']);
  });

  it("takes a method's own error for an answer, as it is", (t) => {
    const { ways, fake } = setUp(t, { options: { idempotent: true } });
    const error = ways.last.error(RpcCode.Remote, 'boom', 'answered');
    ways.last.fail(error);
    assert.equal(errorOf(fake), error);
    assert.deepEqual(ways.filtered, [fake.call]);
  });

  it('ends with what a filter, a router or the encoder decided', (t) => {
    for (const code of [RpcCode.Filter, RpcCode.Route, RpcCode.Encode, RpcCode.FrameTooLarge, RpcCode.NoMethod]) {
      const { ways, fake } = setUp(t);
      ways.fail(code);
      assert.deepEqual([errorOf(fake).code, ways.sent.length], [code, 1]);
      t.mock.restoreAll();
    }
  });

  it('repeats an answer that cannot be read only where the call is idempotent', (t) => {
    const once = setUp(t);
    once.ways.fail(RpcCode.Decode, 'answered');
    assert.deepEqual(told(once.fake.outcomes), ['ERR_RPC_DECODE answered']);
    t.mock.restoreAll();
    const twice = setUp(t, { options: { idempotent: true } });
    twice.ways.fail(RpcCode.Decode, 'answered');
    twice.clock.advance(10);
    assert.equal(twice.ways.sent.length, 2);
  });

  it('is tried again retryTimes times', (t) => {
    const { ways, fake } = setUp(t, { fail: { retryTimes: 1 }, servers: 9 });
    ways.fail();
    ways.fail();
    assert.equal(ways.sent.length, 2);
    assert.match(errorOf(fake).message, /not tried again: retryTimes is 1/);
  });

  it('waits for the only server to be ready, and for none where there is another', (t) => {
    const waits = (given: Given) => {
      const { ways } = setUp(t, given);
      t.mock.restoreAll();
      return (ways.last as Attempt).waitForReady;
    };
    assert.deepEqual([waits({ servers: 1 }), waits({ servers: 2 }), waits({ servers: 3 })], [true, false, false]);
  });

  it('waits for one of those that were out of reach, and tries them anew when one is there', (t) => {
    const { ways, fake, clock } = setUp(t, { servers: 2 });
    ways.fail(RpcCode.Connect, 'not-sent');
    clock.advance(20);
    ways.fail(RpcCode.Connect, 'not-sent');
    assert.deepEqual([ways.sent.length, ways.holding.size, fake.call.isSettled], [2, 1, false]);
    for (const wake of ways.waking) wake();
    assert.deepEqual([ways.sent.length, ways.holding.size, ways.waking.size], [3, 0, 0]);
    ways.last.succeed(['answer']);
    assert.equal(fake.call.isSettled, true);
  });

  it('does not count those that were out of reach as tries, but those that were asked', (t) => {
    const { ways, fake, ids, clock } = setUp(t, { servers: 4, fail: { retryTimes: 1 }, options: { idempotent: true } });
    for (const _ of [1, 2]) {
      ways.fail(RpcCode.Connect, 'not-sent');
      clock.advance(50);
    }
    assert.deepEqual(ids(), ['test-1', 'test-2', 'test-3']);
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    clock.advance(100);
    assert.deepEqual(ids(), ['test-1', 'test-2', 'test-3', 'test-4']);
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    assert.equal(errorOf(fake).code, RpcCode.ConnectionLost);
  });

  it('is given up at its deadline while it waits for one, and waits no more when it is ended', (t) => {
    const { ways, fake, clock } = setUp(t, { servers: 2 });
    ways.fail(RpcCode.Connect, 'not-sent');
    clock.advance(20);
    ways.fail(RpcCode.Connect, 'not-sent');
    clock.advance(fake.call.timeout);
    assert.deepEqual([errorOf(fake).code, ways.waking.size, ways.holding.size], ['ERR_RPC_CONNECT', 0, 0]);
    assert.match(errorOf(fake).message, /none of them could be reached/);
  });

  it('has the last failure to connect to each server, and not the one at which the call left the server', (t) => {
    const { ways, fake, clock } = setUp(t, { servers: 2 });
    ways.fail(RpcCode.Connect, 'not-sent', 'read ECONNRESET');
    clock.advance(20);
    ways.fail(RpcCode.Connect, 'not-sent', 'read ECONNRESET');
    for (const n of [1, 2]) {
      const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      ways.failures.set(`test-${n}`, new RpcError(RpcCode.Connect, `connect ECONNREFUSED 127.0.0.1:${n}`, { cause }));
    }
    clock.advance(fake.call.timeout);
    const failed = errorOf(fake);
    assert.match(
      failed.message,
      /: not connected: connect ECONNREFUSED 127\.0\.0\.1:1; connect ECONNREFUSED 127\.0\.0\.1:2; start the server, or correct the host and the port of its entry in client\.addServer\(\); not tried again: none of them/,
    );
    assert.doesNotMatch(failed.message, /ECONNRESET/);
    assert.deepEqual([failed.code, failed.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.notEqual(findCause(failed, 'ECONNREFUSED'), undefined);
  });

  it('is cancelled itself, and not its attempt, while after filters have its answer', (t) => {
    const { ways, fake } = setUp(t, { servers: 2 });
    fake.call.isCancellable = true;
    ways.fail();
    ways.last.move('sent');
    ways.last.answerStage = { filterAnswer() {} };
    ways.last.succeed(['answer']);
    assert.deepEqual([fake.call.state, fake.outcomes], ['answered', []]);
    assert.equal(fake.call.cancel('why'), true);
    assert.deepEqual(told(fake.outcomes), ['ERR_RPC_CANCELLED answered']);
  });

  it('has one deadline, and arguments of its own for each attempt', (t) => {
    const { ways, fake, clock } = setUp(t);
    clock.advance(500);
    ways.last.args.push('rewritten by a filter');
    ways.fail();
    assert.equal(ways.last.deadline, fake.call.deadline);
    assert.deepEqual([ways.last.args, ways.last.hasWaited], [[1], true]);
  });

  it('says in a late error how much of its time went into earlier attempts', (t) => {
    const { ways, fake, clock } = setUp(t, { timeout: 1_000, servers: 2 });
    clock.advance(600);
    ways.fail();
    ways.last.move('queued', 'connection');
    clock.advance(400);
    ways.last.expire();
    const error = errorOf(fake);
    assert.deepEqual([error.timing?.earlierMs, error.timing?.connectingMs, error.timing?.totalMs], [600, 400, 1_000]);
    assert.match(error.message, /600 ms in earlier attempts, 400 ms waiting for a connection/);
  });

  it('does not begin what its deadline leaves no time for', (t) => {
    const { ways, fake, clock } = setUp(t, { timeout: 100, options: { idempotent: true } });
    clock.advance(95);
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    assert.match(errorOf(fake).message, /not tried again: it has 5 ms left of its 100/);
  });

  it('is told of a deadline that passes between two attempts with both', (t) => {
    const { ways, fake, clock } = setUp(t, { options: { idempotent: true } });
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    fake.call.expire();
    const error = errorOf(fake);
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
    assert.match(error.message, /still waiting to be tried again after 60000 ms/);
    assert.equal(error.attempts?.length, 1);
    clock.advance(1_000);
    assert.deepEqual([ways.sent.length, clock.timers], [1, 0], 'and no attempt comes after it');
  });

  it('is not tried again while the client stops', (t) => {
    const { ways, fake } = setUp(t);
    ways.isStopped = true;
    ways.fail();
    assert.match(errorOf(fake).message, /not tried again: the client is being stopped/);
  });

  it('repeats a one-way call only where it was not sent', (t) => {
    const options = { idempotent: true };
    const { ways, fake } = setUp(t, { oneway: true, options });
    ways.fail();
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    assert.deepEqual([ways.sent.length, told(fake.outcomes)], [2, ['ERR_RPC_CONNECTION_LOST unknown']]);
  });
});

describe('the retry budget of a call', () => {
  const none = () => new RetryBudget({ ratio: 0, minPerSecond: 0 });

  it('is not asked for what never left the process', (t) => {
    const { ways } = setUp(t, { budget: none() });
    ways.fail();
    assert.equal(ways.sent.length, 2);
  });

  it('ends it with the last error where it is spent', (t) => {
    const { ways, fake } = setUp(t, { budget: none(), options: { idempotent: true } });
    ways.fail(RpcCode.ConnectionLost, 'unknown');
    assert.match(errorOf(fake).message, /cut; not tried again: the retry budget is spent/);
  });

  it('is asked for what a server refused, although it is not-sent', (t) => {
    const { ways, fake } = setUp(t, { budget: none() });
    ways.fail(RpcCode.Timeout, 'not-sent');
    assert.match(errorOf(fake).message, /the retry budget is spent/);
  });
});

describe('a call with failsafe', () => {
  it('goes to the same server, after waits that grow', (t) => {
    const { ways, ids, clock, fake } = setUp(t, { ...safely, fail: { retryConnectTime: 1_000 } });
    for (const wait of [1_000, 2_000, 3_000]) {
      const before = ids().length;
      ways.fail();
      clock.advance(wait - 1);
      assert.equal(ids().length, before);
      clock.advance(1);
      assert.equal(ids().length, before + 1);
    }
    ways.fail();
    assert.deepEqual(ids(), ['test-1', 'test-1', 'test-1', 'test-1']);
    assert.match(errorOf(fake).message, /not tried again: retryTimes is 3; 4 attempts failed/);
  });

  it('stays with the server that the caller named', (t) => {
    const { ways, ids, clock } = setUp(t, { ...safely, named: 'test-3' });
    ways.fail();
    clock.advance(5_000);
    assert.deepEqual(ids(), ['test-3', 'test-3']);
  });

  it('ends where there is no such server any more', (t) => {
    for (const code of [RpcCode.NoServer, RpcCode.ServerRemoved]) {
      const { ways, fake } = setUp(t, safely);
      ways.fail(code);
      assert.match(errorOf(fake).message, /not tried again: there is no such server/);
      t.mock.restoreAll();
    }
  });

  it('ends at once where its next wait is longer than what is left', (t) => {
    const { ways, fake } = setUp(t, { ...safely, timeout: 4_000 });
    ways.fail();
    assert.match(errorOf(fake).message, /it has 4000 ms left of its 4000/);
  });

  it('varies its waits by a fifth', () => {
    const waits = [0, 0.999].map((random) => {
      const tried = {
        call: fakeCall().call,
        named: 'test-1',
        servers: new Set<string>(),
        outOfReach: new Set<string>(),
        count: 1,
        options: failOptions(),
      };
      const decision = new Failsafe(() => random).decide(
        tried,
        fakeCall().call.error(RpcCode.Connect, 'x', 'not-sent'),
      );
      return 'afterMs' in decision ? Math.round(decision.afterMs / 100) / 10 : undefined;
    });
    assert.deepEqual(waits, [4, 6]);
  });
});
