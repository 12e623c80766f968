/**
 * Runs all tests again and again beside busy loops, as on a machine that others use too. A test that waits by the clock for
 * something that it could be told fails here sooner than on an idle machine.
 *
 *     npm run test:loaded                       one run beside four busy loops
 *     npm run test:loaded -- --runs 10          ten runs in a row
 *     npm run test:loaded -- --loops 8 station  whatever follows goes to npm test
 *
 * Ends with a line a run, and with 1 where a run failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '1' }, loops: { type: 'string', default: '4' } },
  allowPositionals: true,
});
const [runs, loops] = [Number(values.runs), Number(values.loops)];
const tests = fileURLToPath(new URL('test.mjs', import.meta.url));

const busy = Array.from({ length: loops }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
const stop = () => {
  for (const loop of busy) loop.kill('SIGKILL');
};
process.on('exit', stop);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));

/** @type {string[]} */
const lines = [];
for (let run = 1; run <= runs; run++) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [tests, ...positionals], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  lines.push(`run ${run}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s, load ${loadavg()[0]?.toFixed(1)}`);
  if (code !== 0) process.exitCode = 1;
}
stop();
console.log(lines.join('\n'));
