import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, readManifest } from '../architecture/house.js';
import { type Check, type Packed, tryIn } from './cell.js';
import { APPLICATIONS, installBelow, installNode, RUNTIMES, type Runtime } from './cells.js';

/**
 * The package in an empty project on each Node, in each language: `npm run test:pack-matrix`. Prints a table, and each check that
 * failed; ends with code 1 where one did. `--node 20` and `--language TypeScript` take the rows and columns that begin so.
 */
const { values } = parseArgs({
  options: { node: { type: 'string', default: '' }, language: { type: 'string', default: '' } },
});
const runtimes = RUNTIMES.filter(({ node }) => node.startsWith(values.node));
const applications = APPLICATIONS.filter(({ name }) => name.startsWith(values.language));
if (runtimes.length * applications.length === 0)
  throw new RangeError('--node and --language take the beginning of a row and of a column');

/** The folders of the programs of a row: its Node and its npm, before all others. */
function pathOf({ node, npm }: Runtime, folder: string): string {
  const below = join(folder, `npm-${npm}`);
  installBelow(below, `npm@${npm}`);
  return [installNode(node, folder), join(below, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
}

function pack(folder: string): Packed {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'ignore' }); // prepack builds
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  return { tarball: join(folder, tarball), version: readManifest().version };
}

const failures: string[] = [];

function cellOf(place: string, checks: readonly Check[]): string {
  const failed = checks.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${place}, ${name}: ${failure}`],
  );
  failures.push(...failed);
  return failed.length === 0 ? `${checks.length} passed` : `${failed.length} of ${checks.length} FAILED`;
}

const folder = mkdtempSync(join(tmpdir(), 'mailstation-matrix-'));
try {
  const packed = pack(folder);
  console.log(`| Node | npm | ${applications.map(({ name }) => name).join(' | ')} |`);
  console.log(`| --- | --- |${' --- |'.repeat(applications.length)}`);
  for (const runtime of runtimes) {
    const path = pathOf(runtime, folder);
    // At once: most of a cell is waiting for the registry and the disk.
    const cells = await Promise.all(
      applications.map(async (application) => {
        const checks = await tryIn(path, application, packed);
        return cellOf(`Node ${runtime.node}, ${application.name}`, checks);
      }),
    );
    console.log(`| ${runtime.node} | ${runtime.npm} | ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`\n${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
