import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loaderFlags } from '../support/loader-flags.js';

describe('under fake timers', () => {
  it('ends connect, call, stop and learn of a refusal although Node itself gets no ticks', () => {
    const fixture = fileURLToPath(new URL('./fixtures/dead-ticks.ts', import.meta.url));
    const printed = execFileSync(process.execPath, [...loaderFlags(fixture), fixture], { encoding: 'utf8' });
    assert.equal(printed.trim(), 'answer 42, both stopped, refused');
  });
});
