import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BenchReport } from '../../cli/bench/report.js';
import { latencyAt } from '../../index.js';
import { serve, unusedPort } from '../behaviour/support.js';
import { TestTerminal, withoutTerminal } from '../support/terminal.js';
import { until, untilEvent } from '../support/until.js';
import { command, commandLine, sentence, start } from './support.js';

function makeService() {
  const seen: unknown[][] = [];
  return {
    seen,
    service: {
      echo(...args: unknown[]) {
        seen.push(args);
        return args;
      },
      fail() {
        throw Object.assign(new Error('balance is 3'), { code: 'E_NO_MONEY' });
      },
      hang: () => new Promise(() => {}),
      sometimes: () => {
        seen.push([]);
        if (seen.length % 4 === 0) throw Object.assign(new Error('now and then'), { code: 'E_NO_MONEY' });
      },
    },
  };
}

const QUIET = { expectedErrors: ['E_NO_MONEY'] };

describe('mailstation bench', () => {
  it('makes the calls, and has their figures for programs', async (t) => {
    const { service, seen } = makeService();
    const { port } = await serve(t, service, QUIET);
    const args = [
      'bench',
      String(port),
      'user.service.echo',
      '-5',
      '007',
      '--count',
      '500',
      '-c',
      '7',
      '-w',
      '0',
      '--json',
    ];
    const { code, stdout, stderr } = await command(t, args);
    const report = JSON.parse(stdout) as BenchReport;
    assert.deepEqual([code, stderr], [0, '']);
    const { method, servers, calls, ok, failed, codes, service: own, isInterrupted } = report;
    assert.deepEqual(
      { method, servers, calls, ok, failed, codes, own, isInterrupted },
      {
        ...{ method: 'user.service.echo', servers: ['test-1'], calls: 500, ok: 500, failed: 0, codes: {} },
        ...{ own: null, isInterrupted: false },
      },
    );
    assert.deepEqual([seen.length, seen[0], seen.at(-1)], [501, [-5, '007'], [-5, '007']]); // and the first call
    const { histogram, p50, max } = report.latency;
    assert.equal(histogram.count, 500);
    assert.equal(latencyAt(histogram, 0.5), p50);
    assert.equal(histogram.max / 1_000, max);
    assert.ok(Math.abs(report.callsPerSecond - 500 / report.seconds) < 1);
  });

  it('warms up with calls that are not counted', async (t) => {
    const { service, seen } = makeService();
    const { port } = await serve(t, service, QUIET);
    const { stdout } = await command(t, [
      'bench',
      String(port),
      'user.service.echo',
      '-N',
      '10',
      '-w',
      '100ms',
      '--json',
    ]);
    assert.equal((JSON.parse(stdout) as BenchReport).calls, 10);
    assert.ok(seen.length > 11, `${seen.length} calls`);
  });

  it('makes calls at a rate, with latencies from the moment at which they were due', async (t) => {
    const { service } = makeService();
    const { port } = await serve(t, service, QUIET);
    const args = ['bench', String(port), 'user.service.echo', '--rate', '200', '-d', '500ms', '-w', '0', '--json'];
    const { code, stdout } = await command(t, args);
    const { calls, skipped, latency, service: own, load } = JSON.parse(stdout) as BenchReport;
    assert.equal(code, 0);
    assert.deepEqual([calls + skipped, load.rate], [100, 200]);
    assert.equal(own?.histogram.count, calls);
    assert.ok((own?.mean ?? 0) <= (latency.mean ?? 0));
  });

  it('prints rate, failures by code, percentiles and the histogram for people, and ends with the code of the failures', async (t) => {
    const { service } = makeService();
    const { port } = await serve(t, service, QUIET);
    const { code, stdout } = await command(t, [
      'bench',
      String(port),
      'user.service.sometimes',
      '-N',
      '400',
      '-w',
      '0',
    ]);
    assert.equal(code, 1);
    assert.match(stdout, /^[\d,]+ calls\/s, 400 calls in [\d.]+ s\n300 ok \(75%\), 100 failed\n/);
    assert.match(stdout, /^ {2}100 ERR_RPC_REMOTE: .*now and then$/m);
    assert.match(
      stdout,
      /^latency {2}p50 [\d.]+m?s {2}p90 [\d.]+m?s {2}p99 [\d.]+m?s {2}p99\.9 [\d.]+m?s {2}max [\d.]+m?s$/m,
    );
    const bars = stdout.split('\n').filter((line) => /^ +(?:> )?[\d.]+ ms /.test(line));
    assert.ok(bars.some((line) => line.includes('█')));
    const counted = bars.map((line) => Number(/([\d,]+)$/.exec(line)?.[1]?.replaceAll(',', '')));
    assert.equal(
      counted.reduce((sum, count) => sum + count, 0),
      400,
    );
    assert.ok(stdout.split('\n').every((line) => line.length <= 80));
  });

  it('ends with the figures so far at Ctrl-C', async (t) => {
    const { service, seen } = makeService();
    const { port } = await serve(t, service, QUIET);
    const child = start(t, ['bench', String(port), 'user.service.echo', '-d', '10m', '-w', '0', '--json']);
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    await until(() => seen.length > 100, { what: 'a hundred calls', timeoutMs: 60_000 });
    child.kill('SIGINT');
    const [code] = await untilEvent(child, 'close', { what: 'the end of the bench', timeoutMs: 60_000 });
    const { isInterrupted, calls, ok } = JSON.parse(stdout) as BenchReport;
    assert.deepEqual([code, isInterrupted, ok], [0, true, calls]);
    assert.ok(calls >= 90);
  });

  const failures: readonly (readonly [what: string, method: string, code: number, said: RegExp])[] = [
    ['a method that is not there', 'user.service.ehco', 1, /no such method.* \(ERR_RPC_NO_METHOD\)/],
    ['a name that is none', 'echo', 2, /"echo" is no method/],
    [
      'a method that does not answer in time',
      'user.service.hang',
      4,
      /give more time with --timeout \(ERR_RPC_TIMEOUT\)/,
    ],
  ];
  for (const [what, method, code, said] of failures)
    it(`ends before the run for ${what}`, async (t) => {
      const { service } = makeService();
      const { port } = await serve(t, service, QUIET);
      const ended = await command(t, ['bench', String(port), method, '--timeout', '500ms']);
      assert.equal(ended.code, code);
      assert.match(sentence(ended), said);
      assert.equal(ended.stdout, '');
    });

  it('ends before the run where nobody listens, and for numbers that are none', async (t) => {
    const port = await unusedPort(t);
    const away = await command(t, ['bench', String(port), 'user.service.echo']);
    assert.deepEqual([away.code, away.stdout], [3, '']);
    assert.match(sentence(away), /ECONNREFUSED/);
    for (const wrong of [
      ['-c', '0'],
      ['-N', '1.5'],
      ['--rate', 'fast'],
      ['-d', '0'],
      ['-c', ''],
    ]) {
      const ended = await command(t, ['bench', String(port), 'user.service.echo', ...wrong]);
      assert.equal(ended.code, 2, wrong.join(' '));
      assert.match(sentence(ended), /Write a /);
    }
  });

  it('shows its progress on one line of the terminal, which is gone at the end', {
    skip: withoutTerminal,
  }, async (t) => {
    const { service } = makeService();
    const { port } = await serve(t, service, QUIET);
    const terminal = await TestTerminal.open(t, { columns: 60, rows: 40 });
    terminal.run(commandLine(['bench', String(port), 'user.service.echo', '-d', '800ms', '-w', '300ms']).join(' '));
    await terminal.untilTrue(() => /warm-up [\d.]+% {2}[\d.]+k? calls\/s/.test(terminal.raw), 'the warm-up');
    await terminal.untilTrue(() => /bench [\d.]+% {2}[\d.]+k? calls\/s/.test(terminal.raw), 'the progress');
    await terminal.until(/^latency {2}p50 /m);
    terminal.run('echo "ended with $?"');
    await terminal.until(/^ended with 0$/m);
    assert.doesNotMatch(terminal.history, /in flight/);
    assert.match(terminal.history, /█/);
  });
});
