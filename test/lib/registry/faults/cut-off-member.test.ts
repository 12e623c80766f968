import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { OWN_NETWORK, whyNoNetwork } from '../../../support/etcd/member-network.js';
import { spawnProcess } from '../../../support/spawn-process.js';

interface Report {
  readonly violations: readonly string[];
  readonly takeovers: Readonly<Record<string, readonly number[]>>;
  readonly servers: {
    /** Lists that the machine saw which knows the member alone, while that was cut off. */
    readonly bound: readonly string[];
    /** Whether the machine that knows all members still has the server of its own. */
    readonly free: boolean;
    readonly lines: readonly string[];
    readonly everEmpty: boolean;
  };
}

describe('a member of etcd that is cut off from the others while clients reach it', {
  skip: whyNoEtcd() || whyNoNetwork(),
}, () => {
  it('gives no second Leader, and no list without the servers that are there', async (t) => {
    const { child } = await spawnProcess(t, new URL('./cut-off-process.ts', import.meta.url), { within: OWN_NETWORK });
    const report = (await child.next({ timeoutMs: 240_000 })) as unknown as Report;
    t.diagnostic(JSON.stringify(report.takeovers));
    assert.deepEqual(report.violations, []);
    assert.deepEqual(Object.keys(report.takeovers), ['member of the Leader cut off', 'leader of etcd cut off']);
    const { bound, free, lines, everEmpty } = report.servers;
    assert.deepEqual([bound, free, lines, everEmpty], [[], true, [], false]);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});
