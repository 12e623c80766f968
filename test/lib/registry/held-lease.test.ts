import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { systemClock } from '../../../lib/registry/clock.js';
import { engineClosed, unavailable } from '../../../lib/registry/engine-errors.js';
import { HeldLease, type LeaseStore } from '../../../lib/registry/held-lease.js';
import { until } from '../../support/until.js';

/** A lease of 10 s at a store that answers as told, with clocks that stand still until they are set. */
function held(answers: readonly (boolean | 'lost')[] = []) {
  const now = { ms: 0, suspendedMs: 0 };
  const calls: string[] = [];
  const left = [...answers];
  const clock = { now: () => now.ms, uptime: () => 5_000 + now.ms + now.suspendedMs };
  const store: LeaseStore = {
    async renew(_id, timeout) {
      calls.push(`renew ${timeout}`);
      const answer = left.shift() ?? true;
      if (answer === 'lost') throw new Error('no answer');
      return answer;
    },
    async revoke(id) {
      calls.push(`revoke ${id}`);
      throw new Error('the store cannot be reached');
    },
  };
  return { lease: new HeldLease({ id: 'l1', ttl: 10_000, sentAt: 0 }, store, clock), now, calls };
}

describe('a lease that is given back', () => {
  /** A store that is away for some attempts, and then answers as told. */
  function at(away: number, last?: Error) {
    const times: string[] = [];
    const revoke = async (id: string): Promise<void> => {
      times.push(id);
      if (times.length <= away) throw unavailable('the store cannot be reached', 'not-sent');
      if (last !== undefined) throw last;
    };
    const lease = new HeldLease({ id: 'l1', ttl: 10_000, sentAt: 0 }, { revoke, renew: async () => true }, systemClock);
    return { lease, times };
  }

  it('is given back again until the store has answered, and the end waits for the first attempt alone', async () => {
    const { lease, times } = at(3);
    await lease.end();
    assert.equal(times.length, 1);
    await until(() => times.length === 4, { what: 'the answer of the store' });
    await delay(400);
    assert.equal(times.length, 4);
  });

  for (const [what, error] of [
    ['the engine was closed', engineClosed()],
    ['the store refuses', new RpcError(RpcCode.RegistryRefused, 'no such lease')],
  ] as const)
    it(`is not given back again where ${what}`, async () => {
      const { lease, times } = at(1, error);
      await lease.end();
      await until(() => times.length === 2, { what: 'the second attempt' });
      await delay(400);
      assert.equal(times.length, 2);
    });
});

describe('a lease that is held', () => {
  it('is relied on until 0.8 of its time after the request was sent, by a comparison and no timer', () => {
    const { lease, now } = held();
    now.ms = 7_999;
    assert.equal(lease.alive(), true);
    now.ms = 8_000;
    assert.equal(lease.alive(), false);
  });

  it('never becomes alive again, and is given back once', async () => {
    const { lease, now, calls } = held();
    now.ms = 8_000;
    assert.equal(lease.alive(), false);
    now.ms = 1_000;
    assert.equal(lease.alive(), false);
    assert.equal(await lease.lost, 'expired');
    await lease.end();
    assert.deepEqual(calls, ['revoke l1']);
  });

  it('is lost at the first look after the machine was suspended', async () => {
    const { lease, now } = held();
    now.suspendedMs = 900;
    assert.equal(lease.alive(), true, 'clocks that differ by less than a second are not believed');
    now.suspendedMs = 1_100;
    assert.equal(lease.alive(), false);
    assert.equal(await lease.lost, 'suspended');
  });

  it('does not follow the time of day', (t) => {
    const { lease } = held();
    const { now } = Date;
    t.after(() => {
      Date.now = now;
    });
    for (const hour of [3_600_000, -3_600_000]) {
      Date.now = () => now() + hour;
      assert.equal(lease.alive(), true);
    }
  });

  it('counts from the sending of the renewal that was acknowledged', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { lease, now, calls } = held();
    now.ms = 3_333;
    t.mock.timers.tick(3_334);
    await until(() => calls.length > 0, { what: 'a renewal' });
    await Promise.resolve();
    now.ms = 3_333 + 7_999;
    assert.equal(lease.alive(), true);
    now.ms = 3_333 + 8_000;
    assert.equal(lease.alive(), false);
    assert.deepEqual(calls, ['renew 1000', 'revoke l1']);
  });

  it('sends a renewal again, soon, when no answer came', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { calls, lease } = held(['lost', 'lost', true]);
    t.mock.timers.tick(3_334);
    await until(() => calls.length === 1, { what: 'a renewal' });
    for (const count of [2, 3]) {
      await new Promise((resolve) => setImmediate(resolve));
      t.mock.timers.tick(150);
      await until(() => calls.length === count, { what: 'another renewal' });
    }
    assert.equal(lease.alive(), true);
  });

  it('is lost when the store has no such lease, and not given back', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { lease, calls } = held([false]);
    t.mock.timers.tick(3_334);
    assert.equal(await lease.lost, 'gone');
    assert.deepEqual(calls, ['renew 1000']);
  });

  it('is not revived by an answer that comes after the lease has run out', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { lease, now, calls } = held();
    now.ms = 3_333;
    t.mock.timers.tick(3_334);
    now.ms = 9_000; // the process stalled between the sending and the answer
    await until(() => calls.length > 0, { what: 'a renewal' });
    assert.equal(await lease.lost, 'expired');
    assert.equal(lease.alive(), false);
  });
});
