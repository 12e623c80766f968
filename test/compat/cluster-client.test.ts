import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import cluster, * as entry from '../../compat/cluster-client.js';

class Registry {
  async get(key: string): Promise<string> {
    return `value of ${key}`;
  }
}

describe('the entry mailstation/cluster-client', () => {
  it('is a function for CommonJS code, with the properties that cluster-client has', () => {
    const required: unknown = createRequire(import.meta.url)('../../compat/cluster-client.js');
    assert.equal(required, cluster);
    assert.equal(typeof cluster, 'function');
    assert.equal(cluster.close, entry.close);
    assert.equal(cluster.APIClientBase, entry.APIClientBase);
  });

  it('makes and closes shared clients', async () => {
    const client = cluster(Registry, { name: 'entry', singleMode: true }).create();
    assert.equal(await client.get('color'), 'value of color');
    await entry.close(client);
    await assert.rejects(client.get('color'), { code: 'ERR_RPC_CLOSED' });
  });
});
