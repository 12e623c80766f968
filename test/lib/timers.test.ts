import assert from 'node:assert/strict';
import { performance as nodePerformance } from 'node:perf_hooks';
import { describe, it, mock } from 'node:test';
import timers from 'node:timers';
import * as taken from '../../lib/timers.js';

describe('timers of the library', () => {
  it('run while the timers of globalThis and of node:timers are replaced', async (t) => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
    t.after(() => mock.timers.reset());
    assert.notEqual(timers.setTimeout, taken.setTimeout);
    await new Promise<void>((resolve) => taken.setTimeout(resolve, 1));
    await new Promise<void>((resolve) => taken.setImmediate(resolve));
    await taken.delay(1);
    await new Promise<void>((resolve) => {
      const interval = taken.setInterval(() => resolve(taken.clearInterval(interval)), 1);
    });
  });

  it('tick while process.nextTick is replaced', async (t) => {
    t.mock.method(process, 'nextTick', () => {});
    await new Promise<void>((resolve) => taken.nextTick(resolve));
  });

  it('read the time while performance.now is replaced', (t) => {
    t.mock.method(nodePerformance, 'now', () => -1);
    assert.ok(taken.performance.now() > 0);
  });

  it('reject a delay whose signal is aborted', async () => {
    await assert.rejects(taken.delay(60_000, undefined, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});
