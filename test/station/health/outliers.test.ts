import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { CallTiming } from '../../../lib/call-timing.js';
import { type Delivery, RpcCode, RpcError } from '../../../lib/errors.js';
import type { ServerInfo } from '../../../lib/server-info.js';
import { type EjectionOptions, resolveEjection } from '../../../station/health/options.js';
import { Outliers } from '../../../station/health/outliers.js';
import { mockClock } from '../../lib/transport/support.js';
import { manyServers } from '../../router/support.js';

const NO_TIME: CallTiming = {
  ...{ totalMs: 100, routingMs: 0, beforeFiltersMs: 0, connectingMs: 0, pendingMs: 0, unansweredMs: 100 },
  ...{ afterFiltersMs: 0, earlierMs: 0, stallMs: 0, connectAttempts: 0, server: undefined },
};

function setUp(t: TestContext, count = 4, options: EjectionOptions = {}) {
  const clock = mockClock(t);
  const told: string[] = [];
  const roster: { servers: readonly ServerInfo[] } = { servers: manyServers(count) };
  const resolved = resolveEjection(options) ?? assert.fail();
  const outliers = new Outliers(resolved, {
    servers: () => roster.servers,
    onEject: (id, { code }, ms) => void told.push(`${id} ejected for ${ms}: ${code}`),
    onReadmit: (id, by) => void told.push(`${id} readmitted: ${by}`),
  });
  const health = (n: number) => outliers.of(roster.servers[n - 1] ?? assert.fail());
  const fail = (n: number, times = 5, code: RpcCode = RpcCode.Timeout, delivery: Delivery = 'unknown') => {
    for (let at = 0; at < times; at++) health(n).failed(new RpcError(code, 'late', { delivery }));
  };
  const left = () => outliers.admitted('test', roster.servers).map(({ id }) => id.replace('test-', ''));
  return { clock, told, outliers, roster, health, fail, left };
}

describe('Outliers', () => {
  it('ejects a server after five failures in a row', (t) => {
    const { told, fail, left, outliers } = setUp(t);
    fail(2, 4);
    assert.deepEqual([told, left().length], [[], 4]);
    fail(2, 1);
    assert.deepEqual(told, ['test-2 ejected for 30000: ERR_RPC_TIMEOUT']);
    assert.deepEqual(left(), ['1', '3', '4']);
    const report = outliers.report('test-2');
    assert.deepEqual([report?.state, report?.ejections, report?.left], ['ejected', 1, 30_000]);
    assert.equal(report?.reason?.code, 'ERR_RPC_TIMEOUT');
  });

  it('ejects one that refuses calls because it is overloaded', (t) => {
    const { told, fail } = setUp(t);
    fail(1, 5, RpcCode.Overloaded, 'not-sent');
    assert.deepEqual(told, ['test-1 ejected for 30000: ERR_RPC_OVERLOADED']);
  });

  it('begins to count anew with each answer, be it the error of a method', (t) => {
    const { told, fail, health } = setUp(t);
    fail(1, 4);
    health(1).answered();
    fail(1, 4);
    fail(1, 1, RpcCode.Remote, 'answered');
    fail(1, 4);
    assert.deepEqual(told, []);
  });

  it("does not hold against it what is the caller's own affair, nor each call of a lost connection", (t) => {
    const { told, fail } = setUp(t);
    for (const code of [RpcCode.PendingFull, RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Encode]) {
      fail(1, 9, code, 'not-sent');
    }
    fail(1, 9, RpcCode.ConnectionLost);
    assert.deepEqual(told, []);
  });

  it('counts lost connections, and attempts to connect that fail', (t) => {
    const { told, health } = setUp(t);
    const lost = new RpcError(RpcCode.ConnectionLost, 'lost');
    health(1).connectionFailed(lost, false);
    for (let at = 0; at < 4; at++) health(1).connectionFailed(new RpcError(RpcCode.Connect, 'refused'), true);
    assert.deepEqual(told, ['test-1 ejected for 30000: ERR_RPC_CONNECT']);
  });

  it('readmits it when its time is over, and ejects it for longer the next time', (t) => {
    const { told, fail, left, clock } = setUp(t);
    fail(1);
    clock.advance(29_999);
    assert.equal(left().length, 3);
    clock.advance(1);
    assert.equal(left().length, 4);
    fail(1);
    clock.advance(60_000);
    assert.deepEqual(told, [
      'test-1 ejected for 30000: ERR_RPC_TIMEOUT',
      'test-1 readmitted: time',
      'test-1 ejected for 60000: ERR_RPC_TIMEOUT',
      'test-1 readmitted: time',
    ]);
    assert.equal(clock.timers, 0);
  });

  it('forgets one ejection for each baseEjectionTime in which it was well', (t) => {
    const { fail, clock, outliers } = setUp(t, 4, { baseEjectionTime: 100, maxEjectionTime: 1_000 });
    const ejections = () => outliers.report('test-1')?.ejections;
    for (let times = 1; times <= 3; times++) {
      fail(1);
      assert.equal(ejections(), times);
      while (clock.timers > 0) clock.advance(1);
    }
    clock.advance(250);
    fail(1);
    assert.equal(ejections(), 2);
  });

  it('grows up to maxEjectionTime where it fails again at once', (t) => {
    const { told, fail, clock } = setUp(t, 4, { baseEjectionTime: 100, maxEjectionTime: 250 });
    for (let times = 0; times < 4; times++) {
      fail(1);
      while (clock.timers > 0) clock.advance(1);
    }
    const spells = told.filter((line) => line.includes('ejected for')).map((line) => Number(/\d+(?=:)/.exec(line)));
    assert.deepEqual(spells, [100, 200, 250, 250]);
  });

  it('readmits what could not be connected to as soon as it can; a slow one gains nothing by a connection', (t) => {
    const { told, fail, outliers } = setUp(t);
    fail(1, 5, RpcCode.Connect, 'not-sent');
    fail(2, 5);
    outliers.connected('test-1');
    outliers.connected('test-2');
    assert.deepEqual(told.slice(2), ['test-1 readmitted: connection']);
  });

  it('ejects no more than half of them, and never the only one', (t) => {
    const { told, fail, left } = setUp(t, 4);
    for (const n of [1, 2, 3, 4]) fail(n);
    assert.deepEqual([told.length, left()], [2, ['3', '4']]);
    t.mock.restoreAll();
    const three = setUp(t, 3);
    for (const n of [1, 2, 3]) three.fail(n);
    assert.deepEqual(three.left(), ['2', '3']);
    t.mock.restoreAll();
    const alone = setUp(t, 1, { maxEjectionPercent: 100 });
    alone.fail(1, 50);
    assert.deepEqual([alone.told, alone.left()], [[], ['1']]);
  });

  it('ejects none where most of the others fail as well: it is no outlier then', (t) => {
    const { told, fail, health } = setUp(t, 4);
    fail(2, 1);
    fail(3, 1);
    fail(1, 9);
    assert.deepEqual(told, []);
    health(2).answered();
    fail(1, 1);
    assert.equal(told.length, 1);
  });

  it('holds nothing against it while our own event loop was kept', (t) => {
    const { told, health } = setUp(t);
    const late = (stallMs: number) =>
      health(1).failed(new RpcError(RpcCode.Timeout, 'late', { delivery: 'unknown', timing: { ...NO_TIME, stallMs } }));
    for (let at = 0; at < 9; at++) late(26);
    assert.deepEqual(told, []);
    for (let at = 0; at < 5; at++) late(25);
    assert.equal(told.length, 1);
  });

  it('ignores health where more than half are ejected, because others were removed', (t) => {
    const { fail, left, roster } = setUp(t, 4);
    fail(1);
    fail(2);
    roster.servers = Object.freeze(roster.servers.slice(0, 3));
    assert.deepEqual(left(), ['1', '2', '3']);
    roster.servers = manyServers(4);
    assert.deepEqual(left(), ['3', '4']);
  });

  it('gives the same list as long as nothing changes, frozen', (t) => {
    const { fail, outliers, roster } = setUp(t);
    assert.equal(outliers.admitted('test', roster.servers), roster.servers);
    fail(1);
    const list = outliers.admitted('test', roster.servers);
    assert.equal(outliers.admitted('test', roster.servers), list);
    assert.ok(Object.isFrozen(list));
  });

  it('forgets a server that was removed, and hears nothing of its last calls', (t) => {
    const { clock, told, fail, health, left, outliers } = setUp(t);
    fail(1);
    const gone = health(2);
    outliers.forget('test-1');
    outliers.forget('test-2');
    for (let at = 0; at < 9; at++) gone.failed(new RpcError(RpcCode.Timeout, 'late', { delivery: 'unknown' }));
    assert.deepEqual([told.length, left().length, outliers.report('test-1')], [1, 4, undefined]);
    clock.advance(60_000);
    assert.equal(told.length, 1);
  });
});

describe('resolveEjection', () => {
  it('is off unless asked for', () => {
    assert.equal(resolveEjection(undefined), undefined);
    assert.equal(resolveEjection(false), undefined);
    assert.deepEqual(resolveEjection(true), {
      ...{ consecutiveFailures: 5, baseEjectionTime: 30_000, maxEjectionTime: 300_000, maxEjectionPercent: 50 },
    });
    assert.equal(resolveEjection({ baseEjectionTime: 600_000 })?.maxEjectionTime, 600_000);
  });
});
