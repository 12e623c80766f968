import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { call, makeGate, serve } from './support.js';

const CLIENT = new URL('./fixtures/client-process.ts', import.meta.url);

describe('a client process that is killed', () => {
  it('harms neither the server nor its other callers, and its answers are dropped', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { wait: (n: number) => gate.pass(n), echo: (value: unknown) => value });
    const reasons: string[] = [];
    served.server.on('disconnection', (_caller, reason) => reasons.push(reason.code));
    const { calls } = await call(t, [served]);
    const own = calls.wait(null, 'own');
    const { child } = await spawnProcess(t, CLIENT, { args: [`--port=${served.port}`] });
    await gate.arrivals(11);
    await child.kill('SIGKILL');
    await until(() => reasons.length > 0, { what: 'the disconnection' });
    assert.deepEqual(reasons, ['ERR_RPC_CONNECTION_LOST']);
    gate.open();
    assert.equal(await own, 'own');
    assert.equal(await calls.echo(null, 'fine'), 'fine');
    await served.server.stop();
  });
});
