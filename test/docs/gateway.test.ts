import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readText } from '../architecture/house.js';
import { startProgram } from '../examples/program.js';
import { writePagePrograms } from './page-program.js';

const PAGE = 'docs/gateway.md';
/** Times of the program, and those that a machine under load keeps too: of the page's call, and for the way back. */
const TIMES = [
  ['timeout: 1_000', 'timeout: 12_000'],
  ['- 200)', '- 10_000)'],
] as const;

describe(PAGE, () => {
  it('shows a program that prints what the page says, and nothing of the inside', async (t) => {
    const folder = writePagePrograms(t, PAGE);
    const path = join(folder, 'gateway.js');
    let code = readFileSync(path, 'utf8');
    for (const [from, to] of TIMES) {
      assert.equal(code.split(from).length, 2, from);
      code = code.replace(from, to);
    }
    writeFileSync(path, code);
    const program = startProgram(t, 'gateway.js', { cwd: folder });
    assert.equal(await program.end(90_000), 0, program.stderr);
    const [, expected = ''] = /^```text\n(.*?)^```$/ms.exec(readText(PAGE)) ?? [];
    const printed = program.stdout.split('\n').filter((line) => !line.startsWith('mailstation: '));
    assert.equal(printed.join('\n'), expected);
    // The connector's log has what the page must not know.
    assert.match(program.stderr, /user\.rooms\.follow on chat-2: connection to 127\.0\.0\.1:\d+ lost/);
    assert.match(program.stderr, /user\.rooms\.stuck on chat-2: no answer after/);
  });
});
