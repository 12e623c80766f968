import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { startProgram } from './program.js';

const TSX = ['--import', import.meta.resolve('tsx')];
const MAIN = join(ROOT, 'examples/shared-connection/main.js');
/** Longer than the example gives itself. */
const LIMIT_MS = 120_000;

describe('the workers that share a connection', () => {
  it('have one before and one after the death of the Leader, by the list of the system', async (t) => {
    const program = startProgram(t, MAIN, { args: ['3'], nodeFlags: TSX, cwd: ROOT });
    assert.equal(await program.end(LIMIT_MS), 0, program.stdout + program.stderr);
    const [before = '', after = ''] = program.stdout.split(/^The Leader, worker \d, is killed \(SIGKILL\)$/m);
    assert.match(before, /^ {2}orders are at 10\.0\.0\.1:7001, 10\.0\.0\.2:7001, 10\.0\.0\.3:7001$/m);
    assert.match(after, /^ {2}orders are at 10\.0\.0\.\d:7001, 10\.0\.0\.\d:7001$/m);
    for (const [told, workers] of [
      [before, 3],
      [after, 2],
    ] as const) {
      const roles = [...told.matchAll(/^ {2}worker \d {2}process \d+ {2}(leads|follows) +(.*)$/gm)];
      assert.deepEqual(
        roles.map(([, role]) => role).sort(),
        ['leads', ...Array(workers - 1).fill('follows')].sort(),
        program.stdout,
      );
      if (!existsSync('/proc/net/tcp')) continue;
      for (const [, role, connections] of roles)
        assert.equal(connections, role === 'leads' ? '1 connection' : '0 connections', program.stdout);
      assert.match(told, /^ {2}together, by the list of the system: 1 connection to the registry$/m);
    }
    assert.match(after, /^Everything held\.$/m);
  });
});
