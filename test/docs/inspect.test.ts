import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer } from '../../server.js';
import { readText } from '../architecture/house.js';
import { keptLog } from '../behaviour/support.js';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/inspect.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'ask.js');
    assert.equal(printed, expected);
  });

  it('names every field of the reports', () => {
    const server = createServer({
      id: 'a',
      port: 0,
      logger: keptLog().logger,
      callStats: true,
    });
    const stats = server.stats();
    const reports = [
      server.health,
      stats,
      stats.server,
      stats.load,
      stats.others,
      stats.others?.outcomes,
      stats.others?.latency,
    ];
    const names = new Set(reports.flatMap((report) => Object.keys(report ?? {})));
    const page = readText(PAGE);
    assert.ok(names.size > 30);
    assert.deepEqual(
      [...names].filter((name) => !new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(page)),
      [],
    );
  });
});
