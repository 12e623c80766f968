import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';
import { serve } from '../behaviour/support.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer/', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** Files of an entry, of each part that entries share, and of the client for web pages. */
const BUILT =
  /^dist\/(?:(?:index|etcd|metrics|otel|dashboard|compat\/[\w-]+)\.(?:js|cjs|d\.ts|d\.cts)|shared\/[\w-]+\.(?:cjs|d\.cts)|cli\.cjs|browser\.(?:js|d\.ts)|THIRD-PARTY\.txt)$/;
/** Bytes of the command, the code of the packages that it bundles included. The library's code is shared with the entries. */
const MAX_COMMAND = 260_000;
/** A tarball of more files has something that the build should have bundled. */
const MAX_FILES = 125;
/** Bytes of the tarball that npm downloads, and of what it becomes on the disk. */
const MAX_TARBALL = 1_150_000;
const MAX_UNPACKED = 3_500_000;
/** Bytes of what is loaded as one file. */
const MAX_BUNDLES: Readonly<Record<string, number>> = {
  'browser.js': 125_000,
  'dashboard.cjs': 260_000,
  'metrics.cjs': 28_000,
  'otel.cjs': 22_000,
};
const PAGES = ['LICENSE', 'README.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** Flags of Node that take something from a process. */
const RESTRICTIONS = [
  ['--disallow-code-generation-from-strings'],
  ['--frozen-intrinsics'],
  ['--disable-proto=delete'],
  ['--disable-proto=throw'],
  ['--jitless'],
  ['--conditions=browser'],
  ['--throw-deprecation', '--pending-deprecation'],
  permissionFlags(process.allowedNodeEnvironmentFlags),
];

function permissionFlags(known: ReadonlySet<string>): string[] {
  const permission = known.has('--permission') ? '--permission' : '--experimental-permission';
  return [permission, '--allow-fs-read=*', ...(known.has('--allow-net') ? ['--allow-net'] : [])];
}

/** The files below a folder, sorted, with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

// What a user has: the tarball that would be published, installed into an application elsewhere on the disk.
describe('the package', () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-package-'));
  const installed = join(project, 'node_modules/mailstation');
  let tarballBytes = 0;
  const inProject = (file: string, args: readonly string[]) => run(file, args, { cwd: project });

  before(async () => {
    const tarball = await packInto(project);
    tarballBytes = statSync(join(project, tarball)).size;
    cpSync(CONSUMER, project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    await inProject('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`]);
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  it('holds the bundle, the docs, and nothing else', () => {
    const forOverrides = filesBelow(join(ROOT, 'compat'))
      .filter((file) => file.includes('/'))
      .map((file) => `compat/${file}`);
    const expected = ['package.json', ...PAGES, ...forOverrides];
    const all = filesBelow(installed);
    const held = all.filter((file) => !/^docs\/.+\.(?:md|svg|png|webp)$/.test(file) && !BUILT.test(file));
    assert.deepEqual(held, expected.sort());
    assert.ok(all.length <= MAX_FILES, `${all.length} files`);
  });

  it('is no larger than it was', () => {
    const sizeOf = (file: string) => statSync(join(installed, file)).size;
    const unpacked = filesBelow(installed).reduce((sum, file) => sum + sizeOf(file), 0);
    assert.ok(tarballBytes <= MAX_TARBALL, `the tarball has ${tarballBytes} bytes`);
    assert.ok(unpacked <= MAX_UNPACKED, `it has ${unpacked} bytes on the disk`);
    assert.ok(
      tarballBytes > MAX_TARBALL / 2 && unpacked > MAX_UNPACKED / 2,
      'these bounds are too wide to notice anything',
    );
    for (const [file, most] of Object.entries(MAX_BUNDLES)) {
      const bytes = sizeOf(`dist/${file}`);
      assert.ok(bytes <= most && bytes > most / 2, `dist/${file} has ${bytes} bytes, of ${most}`);
    }
  });

  it('installs without a script, and six packages beside itself', () => {
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const names = Object.keys(lock.packages).map((path) => path.replace('node_modules/', ''));
    const beside = ['@standard-schema/spec', 'async', 'bluebird', 'eventemitter3', 'lodash', 'ws'];
    assert.deepEqual(names.sort(), ['', 'mailstation', ...beside].sort());
    assert.deepEqual(
      Object.values(lock.packages).filter((entry) => entry.hasInstallScript),
      [],
    );
  });

  it('brings the licences of the packages that are in the bundle', () => {
    const notices = readFileSync(join(installed, 'dist/THIRD-PARTY.txt'), 'utf8');
    const names = [
      ...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \(MIT\)\n\n(?:(?!\n-{80}\n)[\s\S])+WITHOUT WARRANTY/gm),
    ].map(([, name]) => name);
    const ofCommand = ['ansi-regex', 'commander', 'get-east-asian-width', 'string-width', 'strip-ansi'];
    const missing = [...ofCommand, 'serialize-json'].filter((name) => !names.includes(name));
    assert.deepEqual(missing, [], notices);
  });

  it('imports nothing but what is installed with it', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const code = filesBelow(join(installed, 'dist')).filter((file) => /\.(?:js|cjs|d\.ts|d\.cts)$/.test(file));
    const imported = code.flatMap((file) => {
      const text = readFileSync(join(installed, 'dist', file), 'utf8');
      return [
        ...text.matchAll(/^(?:import|export|const|let|var)\b[^;]*?\b(?:from |require\()["']([^./"'][^"']*)["']/gm),
        ...text.matchAll(/^(?!\s*(?:\*|\/\/)).*?\b(?:import|require)\(["']([^./"'][^"']*)["']\)/gm), // loaded later
      ];
    });
    const names = new Set(imported.map(([, name = '']) => name.replace(/^((?:@[^/]*\/)?[^/]*).*/, '$1')));
    const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies), 'node:'];
    assert.deepEqual(
      [...names].filter((name) => !known.some((one) => name.startsWith(one))),
      [],
    );
    assert.ok(names.has('ws') && names.has('node:net'), 'this test reads no imports');
  });

  it('has no import.meta, which a bundle for CommonJS loses', () => {
    const code = filesBelow(join(installed, 'dist')).filter((file) => /\.c?js$/.test(file));
    const found = code.filter((file) => /import\.meta/.test(readFileSync(join(installed, 'dist', file), 'utf8')));
    assert.deepEqual(found, []);
  });

  it('brings what its own package.json points at', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const targets = [manifest.types, manifest.main, ...Object.values(manifest.exports).flatMap(pathsOf)];
    assert.deepEqual(
      targets.filter((path) => !existsSync(join(installed, path))),
      [],
    );
  });

  it('has pages whose links lead to files of the package', () => {
    const pages = filesBelow(installed).filter((file) => file.endsWith('.md'));
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\(([^)#\s]+)[^)\s]*\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^https?:/.test(link) && !existsSync(join(installed, page, '..', link)))
        .map((link) => `${page}: ${link}`),
    );
    assert.deepEqual(dead, []);
  });

  it('is imported, and a call goes through', async () => {
    const { stdout, stderr } = await inProject(process.execPath, ['call.mjs']);
    assert.equal(stderr, '');
    assert.equal(stdout, '3\n');
  });

  it('is imported in a thread, and a call goes through', async () => {
    const code = "new (require('node:worker_threads').Worker)('./call.mjs')";
    assert.equal((await inProject(process.execPath, ['-e', code])).stdout, '3\n');
  });

  for (const flags of RESTRICTIONS) {
    it(`is imported under ${flags.join(' ')}, and a call goes through`, async () => {
      const { stdout } = await inProject(process.execPath, [...flags, '--no-warnings', 'call.mjs']);
      assert.equal(stdout, '3\n');
    });
  }

  it('names the package that a registry on etcd needs, where that is not installed', async () => {
    const { stdout, stderr } = await inProject(process.execPath, ['without-grpc.mjs']);
    assert.equal(stderr, '');
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 4, stdout);
    for (const line of lines) {
      assert.match(line, /^ERR_RPC_LOAD /);
      assert.match(line, /the package @grpc\/grpc-js, which is not installed: run npm install @grpc\/grpc-js/);
    }
  });

  for (const type of ['commonjs', 'module'])
    it(`has a command, which npx runs in a project of the type ${type}`, async (t) => {
      const { port } = await serve(t, { greet: (name: string) => `good day, ${name}` });
      const manifest = join(project, 'package.json');
      const before = readFileSync(manifest, 'utf8');
      writeFileSync(manifest, JSON.stringify({ ...JSON.parse(before), type }));
      t.after(() => writeFileSync(manifest, before));
      const command = (...args: string[]) => inProject('npx', ['--no-install', 'mailstation', ...args]);
      const { stdout, stderr } = await command('call', String(port), 'user.service.greet', 'Ada');
      assert.deepEqual([stdout, stderr], ['good day, Ada\n', '']);
      assert.match((await command('--help')).stdout, /^Usage: mailstation/);
    });

  it('loads nothing of the command when it is imported', () => {
    const dist = join(installed, 'dist');
    const entries = filesBelow(dist).filter((file) => /^[\w-]+\.c?js$/.test(file) && file !== 'cli.cjs');
    const loaded = reachable(dist, [...entries, 'compat/pomelo-rpc.js']);
    assert.ok(loaded.has('shared/connections.cjs'), `this test reads no imports: ${[...loaded].join(', ')}`);
    const holds = (file: string) => /CommanderError/.test(readFileSync(join(dist, file), 'utf8'));
    assert.deepEqual(
      [...loaded].filter((file) => file === 'cli.cjs' || holds(file)),
      [],
    );
    assert.ok(holds('cli.cjs'));
    const { size } = statSync(join(dist, 'cli.cjs'));
    assert.ok(size <= MAX_COMMAND, `dist/cli.cjs has ${size} bytes`);
  });

  it('is required, and is then the same copy that is imported', async () => {
    const { stdout, stderr } = await inProject(process.execPath, ['require.cjs']);
    assert.equal(stderr, '');
    assert.equal(stdout, 'function one copy\n');
  });

  for (const [kind, file] of [
    ['an ES module', 'esm.mts'],
    ['a CommonJS module', 'cjs.cts'],
  ] as const) {
    it(`gives ${kind} its types, without skipping the check of its declarations`, async () => {
      const compilerOptions = {
        module: 'nodenext',
        target: 'es2023',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        typeRoots: [join(ROOT, 'node_modules/@types')],
        types: ['node'],
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      await inProject(process.execPath, [TSC, '-p', '.']).catch((error: { stdout: string }) =>
        assert.fail(error.stdout),
      );
    });
  }
});

/** The files of `dist/` that some of them load, at once or later. */
function reachable(dist: string, from: readonly string[]): ReadonlySet<string> {
  const found = new Set(from);
  for (const file of found) {
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/\b(?:from |import |import\(|require\()["'](\.\.?\/[^"']+)["']/g))
      found.add(posix.join(posix.dirname(file), path));
  }
  return found;
}

/** The paths in a value of the `exports` map, whatever its conditions. */
function pathsOf(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return Object.values(target as Record<string, unknown>).flatMap(pathsOf);
}
