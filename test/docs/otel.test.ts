import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ATTRIBUTE, CLIENT_DURATION, SERVER_DURATION } from '../../observe/otel/conventions.js';
import { readText } from '../architecture/house.js';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/otel.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'trace.js');
    assert.equal(printed, expected);
  });

  for (const main of ['main.js', 'histograms.js'])
    it(`shows ${main}, which runs`, async (t) => {
      assert.equal((await runPageProgram(t, PAGE, main)).printed, '');
    });

  it('names every attribute, histogram and option', () => {
    const text = readText(PAGE);
    const options = [...readText('observe/otel/options.ts').matchAll(/^ {2}readonly (\w+)\?:/gm)].map(
      ([, name]) => name,
    );
    const names = [...Object.values(ATTRIBUTE), CLIENT_DURATION.name, SERVER_DURATION.name, ...options];
    assert.ok(options.length > 7);
    assert.deepEqual(
      names.filter((name) => !text.includes(`\`${name}\``)),
      [],
    );
  });
});
