/**
 * CPU time of an import: `npm run bench:import -- [--rounds n] [--json]`.
 *
 * The built package beside the packages whose place it takes, in turns, each time in a new process: user and system time of the process from its
 * start to the end of `require` (and `import`) of the package, and the same of a process that loads nothing.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeEnvironment } from './environment.js';
import { linkPeers } from './peers-folder.js';
import { formatEnvironment } from './report.js';
import { median, ratioRange } from './statistics.js';

const PRINT_CPU = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);';
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BASELINE = 'cluster-client';

/** Program of each process, which prints its CPU time afterwards. */
const PROGRAMS: Readonly<Record<string, string>> = {
  node: '',
  'mailstation, require': "require('mailstation');",
  'mailstation, import': "import 'mailstation';",
  [BASELINE]: `require('${BASELINE}');`,
  'pomelo-rpc': "require('pomelo-rpc');",
  'pinus-rpc': "require('pinus-rpc');",
};

/** CPU time of one process. Unit: ms */
function cpuOf(program: string): number {
  const isModule = program.startsWith('import');
  const args = [`--input-type=${isModule ? 'module' : 'commonjs'}`, '-e', `${program} ${PRINT_CPU}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: FOLDER, encoding: 'utf8' });
  const ms = Number(stdout);
  if (status !== 0 || !(ms > 0)) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return ms;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
});
linkPeers(FOLDER, (line) => process.stderr.write(`${line}\n`));
const environment = describeEnvironment();
const names = Object.keys(PROGRAMS);
const measured = new Map<string, number[]>(names.map((name) => [name, []]));
// The first round fills the system's cache of files, and does not count.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const ms = cpuOf(program);
    if (round > 0) measured.get(name)?.push(ms);
  }
}
const bare = measured.get('node') ?? [];
/** Above a process that loads nothing, of the same round. */
const net = (name: string): number[] => (measured.get(name) ?? []).map((ms, round) => ms - (bare[round] ?? 0));
const results = names.map((name) => ({
  name,
  ms: median(measured.get(name) ?? []),
  ratio: ratioRange(measured.get(name) ?? [], measured.get(BASELINE) ?? []),
  ...(name !== 'node' && { netMs: median(net(name)), netRatio: ratioRange(net(name), net(BASELINE)) }),
}));
if (values.json) process.stdout.write(`${JSON.stringify({ environment, rounds: values.rounds, results }, null, 2)}\n`);
else {
  const lines = results.map(
    ({ name, ms, ratio, netRatio }) =>
      `  ${name.padEnd(22)}${ms.toFixed(0).padStart(6)}${ratio.median.toFixed(2).padStart(8)}  ${ratio.low.toFixed(2)} - ${ratio.high.toFixed(2)}${(netRatio?.median.toFixed(2) ?? '').padStart(9)}`,
  );
  process.stdout.write(
    `${formatEnvironment(environment)}\n\n  loads                CPU ms   ratio  middle half    without Node's own\n${lines.join('\n')}\n`,
  );
}
