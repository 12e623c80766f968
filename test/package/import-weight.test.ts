import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';

const run = promisify(execFile);

/** Prints what the program behind it has loaded: for each file of CommonJS its path, and its size. */
const PRINT_LOADED =
  "const { statSync } = require('node:fs'); console.log(JSON.stringify(Object.keys(require.cache).map((path) => [path, statSync(path).size])));";

/** Files of lodash and async behind the five functions that are used. */
const MAX_DEPENDENCY_FILES = 160;
/** Text that each program parses that imports the package, with its comments; half of the time of an import. Unit: bytes */
const MAX_OWN_BYTES = 1_450_000;

// Files and bytes in the place of milliseconds, which differ from run to run.
describe('the import of the package', () => {
  // Inside of the repository, so that the dependencies are found.
  const dist = mkdtempSync(join(ROOT, 'node_modules/.import-weight-'));

  before(() => run(process.execPath, ['scripts/build.mjs', '--code-only', '--out', dist], { cwd: ROOT }));
  after(() => rmSync(dist, { recursive: true, force: true }));

  async function loadedBy(entry: string): Promise<{ packages: Map<string, number>; ownBytes: number }> {
    const program = `require(${JSON.stringify(join(dist, entry))}); ${PRINT_LOADED}`;
    const { stdout } = await run(process.execPath, ['-e', program]);
    const packages = new Map<string, number>();
    let ownBytes = 0;
    for (const [path, size] of JSON.parse(stdout) as [string, number][]) {
      if (path.startsWith(dist)) ownBytes += size;
      const [, name] = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/.][^\\/]*)/.exec(path.replace(dist, '')) ?? [];
      if (name !== undefined) packages.set(name, (packages.get(name) ?? 0) + 1);
    }
    return { packages, ownBytes };
  }

  it('loads no package that only some programs use', async () => {
    const { packages } = await loadedBy('index.cjs');
    assert.deepEqual([...packages.keys()].sort(), ['async', 'eventemitter3', 'lodash']);
  });

  it('loads few files, and no more text than it did', async () => {
    const { packages, ownBytes } = await loadedBy('index.cjs');
    const files = [...packages.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(files <= MAX_DEPENDENCY_FILES, `${files} files of dependencies, more than ${MAX_DEPENDENCY_FILES}`);
    assert.ok(ownBytes <= MAX_OWN_BYTES, `${ownBytes} bytes of our own, more than ${MAX_OWN_BYTES}`);
    assert.ok(ownBytes > MAX_OWN_BYTES / 2, `only ${ownBytes} bytes were counted: this test misses files`);
  });
});
