import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spawnProcess } from '../../../support/spawn-process.js';

describe('the package @grpc/grpc-js', () => {
  it('is not loaded with the main entry, nor with mailstation/etcd, before a server or client starts', async (t) => {
    const { ready } = await spawnProcess(t, new URL('./fixtures/loads.ts', import.meta.url));
    const { main, etcdEntry, started } = ready;
    assert.deepEqual({ main, etcdEntry }, { main: 0, etcdEntry: 0 });
    assert.ok(Number(started) > 10, `this test does not see what is loaded: ${started}`);
  });
});
