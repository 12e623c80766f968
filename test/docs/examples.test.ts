import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { LIBRARY, list, ROOT, sourceFiles } from '../architecture/house.js';
import { EXTENSION } from '../support/loader-flags.js';
import { TSC } from '../types/compiler.js';
import { type Example, examplesIn } from './examples.js';
import { publicNames } from './public-surface.js';

/** Types that users implement, or write most often: an example says more than their members do. */
const TYPES_WITH_EXAMPLES = ['Filter', 'Router', 'Acceptor', 'CustomMailBox', 'ServicePath'];

/** Entries beside the index, which examples may import from too. */
const ENTRIES = ['pomelo-rpc', 'pinus-rpc'];

const run = promisify(execFile);

describe('the public names', () => {
  const names = publicNames();

  it('are found', () => {
    assert.ok(names.length > 80, `${names.length} names`);
    assert.ok(names.some(({ name, file }) => name === 'createClient' && file === 'node-client.ts'));
    assert.ok(names.some(({ name, file }) => name === 'Router' && file === 'router/router.ts'));
  });

  it('each have a docstring', () => {
    const silent = names
      .filter(({ doc }) => doc.text === '')
      .map(({ name, file, line }) => `${name} (${file}:${line})`);
    assert.deepEqual(silent, [], list('without a docstring', silent));
  });

  it('have an example, if they are values or types to implement', () => {
    const wanted = names.filter(({ name, isType }) => !isType || TYPES_WITH_EXAMPLES.includes(name));
    assert.ok(wanted.length >= 14 + TYPES_WITH_EXAMPLES.length);
    const missing = wanted
      .filter(({ doc }) => doc.examples.length === 0)
      .map(({ name, file, line }) => `${name} (${file}:${line})`);
    assert.deepEqual(missing, [], list('without an @example', missing));
  });
});

describe('the examples in docstrings', () => {
  // That of browser.ts is for web pages, and test/browser/ runs the code of its page.
  const examples = examplesIn(sourceFiles(LIBRARY.filter((place) => place !== 'browser.ts')));
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-examples-'));
    for (const [at, { code }] of examples.entries()) writeFileSync(join(folder, `example-${at}.ts`), code);
    const compilerOptions = {
      paths: {
        mailstation: [join(ROOT, 'index.ts')],
        'mailstation/etcd': [join(ROOT, 'etcd.ts')],
        'mailstation/metrics': [join(ROOT, 'metrics.ts')],
        'mailstation/otel': [join(ROOT, 'otel.ts')],
        'mailstation/dashboard': [join(ROOT, 'dashboard.ts')],
        'mailstation/*': [join(ROOT, 'compat/*.ts')],
      },
      typeRoots: [join(ROOT, 'node_modules/@types')],
      ...{ noEmit: false, rewriteRelativeImportExtensions: false, noUnusedLocals: false, skipLibCheck: true },
    };
    const include = ['*.ts', join(ROOT, 'lib/**/*.d.ts')];
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    // The package by its name: what these tests run.
    const library = join(folder, 'node_modules/mailstation');
    mkdirSync(library, { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/zod'), join(folder, 'node_modules/zod'));
    const exported: Record<string, string> = {};
    const exportAs = (subpath: string, source: string) => {
      const file = `${source.replaceAll('/', '-')}.js`;
      exported[subpath] = `./${file}`;
      const { href } = new URL(`../../${source}${EXTENSION}`, import.meta.url);
      writeFileSync(join(library, file), `export * from '${href}';\n`);
    };
    exportAs('.', 'index');
    exportAs('./etcd', 'etcd');
    exportAs('./metrics', 'metrics');
    exportAs('./otel', 'otel');
    for (const entry of ENTRIES) exportAs(`./${entry}`, `compat/${entry}`);
    writeFileSync(join(library, 'package.json'), JSON.stringify({ type: 'module', exports: exported }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const place = ({ file, line }: Example) => `${file}:${line}`;

  it('compile as a program of a user would', async () => {
    const options = ['--noEmit', 'true', '--noUnusedLocals', 'false', '--noUnusedParameters', 'false'];
    const { stdout } = await run(process.execPath, [TSC, '-p', '.', '--pretty', 'false', ...options], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    const told = stdout.replace(/^example-(\d+)\.ts/gm, (_, at: string) => place(examples[Number(at)] as Example));
    assert.equal(told, '');
  });

  it('run to their end', async () => {
    // One process for all: starting one takes longer than most examples. The last name printed is the one that failed.
    const imports = examples.map(
      (example, at) => `console.log('${place(example)}');\nawait import('./example-${at}.ts');`,
    );
    writeFileSync(join(folder, 'all.mjs'), imports.join('\n'));
    // Shared clients without a port: nothing else on this machine takes part.
    const env = { ...process.env, NODE_CLUSTER_CLIENT_SINGLE_MODE: '1' };
    const options = { cwd: folder, env, timeout: 240_000 };
    await run(process.execPath, ['--import', import.meta.resolve('tsx'), 'all.mjs'], options).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        assert.fail(`${error.message}\n${error.stdout}\n${error.stderr}`);
      },
    );
  });
});
