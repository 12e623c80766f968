import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/streams.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'client.js');
    assert.equal(printed, expected);
  });
});
