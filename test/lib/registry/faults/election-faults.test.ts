import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { faultsOf, runFaults } from './run.js';

const TTL = 3_000;
/** Faults that a Leader of one etcd never outlives: kill -9, SIGSTOP, a stall, and the three kinds of lost bytes. */
const TAKEOVERS = 6;

describe('an election on etcd under faults', { skip: whyNoEtcd() }, () => {
  it('never has two Leaders, and has a next one after each fault', async (t) => {
    const faults = faultsOf(1);
    const report = await runFaults(t, { faults, ttl: TTL });
    assert.deepEqual(report.violations, []);
    assert.equal(report.takeovers.size, faults.length);
    assert.ok(report.reigns > TAKEOVERS, `${report.reigns}`);
  });

  it('with candidates that go on to lead after their lease is caught by the checker', async (t) => {
    const { violations } = await runFaults(t, { faults: ['swallowed'], ttl: TTL, isControl: true });
    assert.ok(
      violations.some((each) => each.includes('lead together for')),
      `${violations.slice(0, 3)}`,
    );
  });
});
