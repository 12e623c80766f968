import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { startProgram } from './program.js';
import { Project } from './project.js';

const TSX = ['--import', import.meta.resolve('tsx')];
const LIMIT_MS = 80_000;

describe('the tour, when it cannot end well', () => {
  it('says what did not hold, exits with 1, and no process is left', async (t) => {
    const project = new Project();
    t.after(() => project.remove());
    await project.install();
    const folder = project.copy('tour');
    rmSync(join(folder, 'remote/chat'), { recursive: true }); // no chat server can start now
    const demo = startProgram(t, join(folder, 'main.ts'), { nodeFlags: TSX, cwd: project.folder });
    assert.equal(await demo.end(LIMIT_MS), 1, demo.stdout);
    assert.match(demo.stdout, /^1 did not hold:\n {2}- Error: chat-[12] ended with code 1 before it listened$/m);
    assert.match(demo.stderr, /ERR_RPC_LOAD/);
  });

  it('leaves no process behind when it is killed', async (t) => {
    const demo = startProgram(t, join(ROOT, 'examples/tour/main.ts'), { nodeFlags: TSX, cwd: ROOT });
    await demo.untilPrinted('chat-2', LIMIT_MS);
    demo.kill('SIGKILL');
    assert.equal(await demo.end(60_000), null);
  });
});
