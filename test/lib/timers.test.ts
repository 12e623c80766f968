import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { delay } from '../../lib/timers.js';
import { loaderFlags } from '../support/loader-flags.js';

describe('timers of the library', () => {
  it('go on in a process that replaces all timers and clocks after the package was loaded', () => {
    const fixture = fileURLToPath(new URL('./fixtures/taken-timers.ts', import.meta.url));
    const printed = execFileSync(process.execPath, [...loaderFlags(fixture), fixture], { encoding: 'utf8' });
    assert.equal(printed.trim(), 'delay, nextTick, performance, setImmediate, setInterval, setTimeout');
  });

  it('are those of Node in a process that has replaced all timers before the package is loaded', () => {
    const fixture = fileURLToPath(new URL('./fixtures/fakes-before.ts', import.meta.url));
    const printed = execFileSync(process.execPath, [...loaderFlags(fixture), fixture], { encoding: 'utf8' });
    assert.equal(printed.trim(), 'all run');
  });

  it('reject a delay whose signal is aborted', async () => {
    await assert.rejects(delay(60_000, undefined, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});
