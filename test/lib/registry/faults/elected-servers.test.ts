import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { ElectedServers, SERVER_FAULTS } from './elected-servers.js';

const TTL = 3_000;

describe('elected servers in processes, with etcd', { skip: whyNoEtcd() }, () => {
  const cleanings: (() => unknown)[] = [];
  const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };
  let servers: ElectedServers;

  before(async () => {
    servers = new ElectedServers(scope, await startEtcd(scope), TTL);
    await servers.start();
  });

  after(async () => {
    servers.end();
    for (const clean of cleanings) await clean();
  });

  for (const fault of SERVER_FAULTS)
    it(`go on after the fault "${fault}" of the Leader, which answers no call once the next one leads`, async () => {
      const { late, refusal } = await servers.takeOver(fault);
      assert.equal(late, 0);
      if (fault === 'SIGSTOP') assert.equal(refusal, 'refused');
      assert.notEqual(refusal, 'answered');
    });
});
