import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, makeGate, overTransports, serve } from './support.js';

describe('idleTimeout', () => {
  overTransports((transport) => {
    it('closes a connection on which nothing was called, and the next call connects again', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: () => 1 }, { transport });
      let open = 0;
      served.server.on('connection', () => {
        open += 1;
      });
      served.server.on('disconnection', () => {
        open -= 1;
      });
      const { calls, moves } = await call(t, [served], { idleTimeout: 50 });
      await calls.f(null);
      await until(() => moves.at(-1) === 'test-1 ready -> idle' && open === 0, { what: 'the end of the connection' });
      assert.equal(await calls.f(null), 1);
      assert.deepEqual(moves.slice(-2), ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
    });
  });

  it('does not close one on which an answer is waited for', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass('late') });
    const { calls, moves } = await call(t, [served], { idleTimeout: 30 });
    const slow = calls.f(null);
    await sleep(150);
    assert.equal(moves.at(-1), 'test-1 connecting -> ready');
    gate.open();
    assert.equal(await slow, 'late');
  });

  it('closes none by default', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls, moves } = await call(t, [served]);
    await calls.f(null);
    await sleep(100);
    assert.equal(moves.at(-1), 'test-1 connecting -> ready');
  });
});
