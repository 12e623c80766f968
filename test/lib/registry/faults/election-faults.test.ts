import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { FAULTS, runFaults } from './run.js';

const TTL = 3_000;

describe('an election on etcd under faults', { skip: whyNoEtcd() }, () => {
  it('never has two Leaders, and has a next one after each fault', async (t) => {
    const report = await runFaults(t, { faults: FAULTS, ttl: TTL });
    assert.deepEqual(report.violations, []);
    assert.equal(report.takeovers.size, FAULTS.length);
    assert.ok(report.reigns >= FAULTS.length, `${report.reigns}`);
  });

  it('with candidates that go on to lead after their lease is caught by the checker', async (t) => {
    const { violations } = await runFaults(t, { faults: ['swallowed'], ttl: TTL, isControl: true });
    assert.ok(
      violations.some((each) => each.includes('lead together for')),
      `${violations.slice(0, 3)}`,
    );
  });
});
