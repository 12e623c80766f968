import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { type Fault, runFaults } from './run.js';

const FAULTS: readonly Fault[] = ['leader of etcd killed', 'majority of etcd lost', 'cut'];

describe('an election on three members of etcd under faults', { skip: whyNoEtcd() }, () => {
  it('never has two Leaders, and has one after each fault', async (t) => {
    const report = await runFaults(t, { faults: FAULTS, ttl: 5_000, members: 3 });
    assert.deepEqual(report.violations, []);
    assert.equal(report.takeovers.size, FAULTS.length);
  });
});
