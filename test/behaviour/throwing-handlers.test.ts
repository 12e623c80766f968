import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spawnProcess } from '../support/spawn-process.js';

describe('an error handler that throws', () => {
  it('is an uncaught exception, as in Node, and harms no call', async (t) => {
    const { child } = await spawnProcess(t, new URL('./fixtures/throwing-handlers.ts', import.meta.url));
    const done = (await child.next({ match: (message) => (message as { type: string }).type === 'done' })) as Record<
      string,
      unknown
    >;
    assert.deepEqual(done['outcomes'], ['ERR_RPC_FILTER', 'ERR_RPC_FILTER', 'slow', 'last']);
    assert.deepEqual(done['uncaught'], ['thrown by the error handler: before', 'thrown by the error handler: after']);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});

describe('a listener whose function around a call throws', () => {
  it('is an uncaught exception, as a listener that throws, and harms no call', async (t) => {
    const { child } = await spawnProcess(t, new URL('./fixtures/throwing-around.ts', import.meta.url));
    const done = (await child.next({ match: (message) => (message as { type: string }).type === 'done' })) as Record<
      string,
      unknown
    >;
    assert.deepEqual(done['outcomes'], [1, 2, 3]);
    assert.deepEqual(done['uncaught'], [
      'thrown before the work of a server',
      'thrown after the work of a server',
      'thrown before the work of a broadcast',
      'thrown after the work of a server',
    ]);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});
