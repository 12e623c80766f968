import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/streams.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'client.js');
    assert.equal(printed, expected);
  });

  for (const [main, comment] of [
    ['orders.ts', '7\n8\n9\n'],
    ['steps.ts', '14\n'],
  ] as const)
    it(`shows ${main}, a shared client that prints what its comment says`, async (t) => {
      assert.equal((await runPageProgram(t, PAGE, main)).printed, comment);
    });
});
