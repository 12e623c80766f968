import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import { connectionsReport } from '../../server/connections.js';
import { RecentCalls } from '../../server/recent-calls.js';
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
    });
    const stats = server.stats();
    const recent = new RecentCalls(0);
    recent.refused({ method: 'x', oneway: false }, new Error('x'), RpcCode.NoMethod, undefined);
    const peer = { id: '1', ip: '127.0.0.1', peer: '127.0.0.1:1' };
    const process = { machine: 'a', pid: 1, version: '0.1.0' };
    const callers = connectionsReport(new Map([['1', { peer, process, age: 0, calls: 0, open: 0 }]]));
    const reports = [
      recent.report(),
      recent.report().failed[0],
      callers,
      callers.connections[0],
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
