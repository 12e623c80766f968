import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ratioRange } from '../../bench/statistics.js';
import { ROOT } from '../architecture/house.js';
import { serve } from '../behaviour/support.js';

const run = promisify(execFile);

/** Prints what the program before it has loaded: for each file of CommonJS its path, and its size. */
const PRINT_LOADED =
  "const { statSync } = require('node:fs'); console.log(JSON.stringify(Object.keys(require.cache).map((path) => [path, statSync(path).size])));";

const SERVER = `
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const server = createServer({ id: 'test-1', serverType: 'test', port: 0, services: { user: {} }, logger });
  await server.start();`;
const CLIENT = `
  const client = createClient();
  client.addProxies([{ namespace: 'user', serverType: 'test' }]);
  client.addServers([{ id: 'test-1', serverType: 'test', host: '127.0.0.1', port: Number(process.env.PORT) }]);
  await client.start();
  const greeting = await client.proxies.user.test.service.greet(null, 'Ada');
  if (greeting !== 'good day, Ada') throw new Error(greeting);
  await client.stop();`;

/** Files of lodash and async behind the five functions that are used. */
const MAX_DEPENDENCY_FILES = 160;
/** Text that each program parses that imports the package, and text that a client parses until its first answer. Unit: bytes */
const MAX_IMPORT_BYTES = 70_000;
const MAX_CLIENT_BYTES = 640_000;

interface Loaded {
  /** Files of each package. */
  readonly packages: ReadonlyMap<string, number>;
  /** Own files, below `dist/`. */
  readonly own: readonly string[];
  readonly ownBytes: number;
}

/** Prints the processor time of the process so far. Unit: ms */
const PRINT_CPU = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);';
/** Package whose import is the measure: a development dependency, of a fixed version. */
const REFERENCE = 'cluster-client';
/** Processor time of an import, as a ratio to that of {@link REFERENCE}. 0.5 when this was written; parts that are loaded too early show. */
const MAX_CPU_RATIO = 0.9;
const ROUNDS = 9;

// Files and bytes do not differ from run to run. Milliseconds do, so that they are compared with others of the same moment.
describe('the import of the package', () => {
  // Inside of the repository, so that the dependencies are found.
  const dist = mkdtempSync(join(ROOT, 'node_modules/.import-weight-'));

  before(() => run(process.execPath, ['scripts/build.mjs', '--code-only', '--out', dist], { cwd: ROOT }));
  after(() => rmSync(dist, { recursive: true, force: true }));

  async function loadedBy(statements = '', env: NodeJS.ProcessEnv = {}): Promise<Loaded> {
    const program = `const { createClient, createServer } = require(${JSON.stringify(join(dist, 'index.cjs'))});
      (async () => { ${statements} ${PRINT_LOADED} process.exit(); })();`;
    const { stdout } = await run(process.execPath, ['-e', program], { env: { ...process.env, ...env } });
    const packages = new Map<string, number>();
    const files = (JSON.parse(stdout) as [string, number][]).map(([path, size]) => ({
      path: relative(dist, path),
      size,
    }));
    const own = files.filter(({ path }) => !path.startsWith('..'));
    for (const { path } of files.filter((file) => !own.includes(file))) {
      const [, name = ''] = /^\.\.[\\/]((?:@[^\\/]+[\\/])?[^\\/]*)/.exec(path) ?? [];
      packages.set(name, (packages.get(name) ?? 0) + 1);
    }
    const ownBytes = own.reduce((sum, { size }) => sum + size, 0);
    return { packages, own: own.map(({ path }) => path.replaceAll('\\', '/')), ownBytes };
  }

  it('loads what is defined while it is imported, and no more text than it did', async () => {
    const { packages, own, ownBytes } = await loadedBy();
    assert.deepEqual([...packages.keys()], ['eventemitter3']);
    assert.deepEqual(own, ['index.cjs', 'shared/core.cjs'], 'code that runs during an import needs another part');
    assert.ok(ownBytes <= MAX_IMPORT_BYTES && ownBytes > MAX_IMPORT_BYTES / 2, `${ownBytes} bytes of our own`);
  });

  it('is followed by the parts that a server needs', async () => {
    const { own } = await loadedBy(SERVER);
    const parts = ['connections', 'core', 'rolldown-runtime', 'server'];
    assert.deepEqual([...own].sort(), ['index.cjs', ...parts.map((part) => `shared/${part}.cjs`)]);
  });

  it('is followed by the parts and the packages that a client needs', async (t) => {
    const { port } = await serve(t, { greet: (name: string) => `good day, ${name}` });
    const { packages, own, ownBytes } = await loadedBy(CLIENT, { PORT: String(port) });
    const parts = ['client', 'connections', 'core', 'rolldown-runtime'];
    assert.deepEqual([...own].sort(), ['index.cjs', ...parts.map((part) => `shared/${part}.cjs`)]);
    assert.ok(ownBytes <= MAX_CLIENT_BYTES && ownBytes > MAX_CLIENT_BYTES / 2, `${ownBytes} bytes of our own`);
    assert.deepEqual([...packages.keys()].sort(), ['async', 'eventemitter3', 'lodash']);
    const files = [...packages.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(files <= MAX_DEPENDENCY_FILES, `${files} files of dependencies, more than ${MAX_DEPENDENCY_FILES}`);
  });

  // A bundler follows each require(), and stops at a package that is not installed.
  it('leads to no package that is not a dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const reached = new Set([join(dist, 'index.cjs')]);
    const packages = new Set<string>();
    for (const file of reached) {
      for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)) {
        if (path.startsWith('.')) reached.add(join(file, '..', path));
        else if (!path.startsWith('node:')) packages.add(path.replace(/\/.*/, ''));
      }
    }
    assert.deepEqual(
      [...packages].filter((name) => !(name in dependencies)),
      [],
    );
    assert.ok(reached.size > 5 && packages.has('ws'), 'this test reads no imports');
  });

  it('takes less processor time than importing cluster-client', async () => {
    const cpuOf = async (name: string): Promise<number> => {
      const { stdout } = await run(process.execPath, ['-e', `require(${JSON.stringify(name)}); ${PRINT_CPU}`], {
        cwd: ROOT,
      });
      const ms = Number(stdout);
      assert.ok(ms > 0, stdout);
      return ms;
    };
    const ours: number[] = [];
    const reference: number[] = [];
    // The first round fills the system's cache of files.
    for (let round = 0; round <= ROUNDS; round++) {
      const pair = [await cpuOf(join(dist, 'index.cjs')), await cpuOf(REFERENCE)] as const;
      if (round === 0) continue;
      ours.push(pair[0]);
      reference.push(pair[1]);
    }
    const ratio = ratioRange(ours, reference).median;
    assert.ok(
      ratio <= MAX_CPU_RATIO,
      `${ratio.toFixed(2)} times the processor time of ${REFERENCE}: ${ours.join(', ')} ms`,
    );
    assert.ok(ratio > 0.1, `a ratio of ${ratio.toFixed(2)}: this test does not import the package`);
  });
});
