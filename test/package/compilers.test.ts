import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer/', import.meta.url));

/** Compilers, the lowest first, each with the types of one Node: all versions of both occur. */
const COMPILERS: readonly [typescript: string, node: string][] = [
  ['5.4.5', '20.19.43'],
  ['5.5.4', '22.20.5'],
  ['5.6.3', '24.19.4'],
  ['5.9.3', '20.19.43'],
  ['6.0.3', '22.20.5'],
  ['7.0.2', '24.19.4'],
];

/** Settings of a consumer that go beyond `strict`. */
const STRICTEST = {
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
};

/** Ways to resolve modules, with the files that are compiled so. A bundler has ES modules only. */
const WAYS: readonly [module: string, resolution: string, files: readonly string[], settings: object][] = [
  ['node16', 'node16', ['esm.mts', 'cjs.cts', 'entries.mts', 'entries.cts'], STRICTEST],
  ['nodenext', 'nodenext', ['esm.mts', 'cjs.cts', 'entries.mts', 'entries.cts'], {}],
  ['esnext', 'bundler', ['esm.mts', 'entries.mts'], STRICTEST],
];

const BOTH = ['esm.mts', 'cjs.cts', 'entries.mts', 'entries.cts'];
const MODULES = ['esm.mts', 'entries.mts', 'hover.mts'];

/** Ways that not every compiler knows, each with the compilers that do. */
const FURTHER: readonly [compilers: readonly string[], ...way: (typeof WAYS)[number]][] = [
  [['5.4.5'], 'commonjs', 'node10', BOTH, { ...STRICTEST, esModuleInterop: true }],
  [['5.4.5'], 'preserve', 'bundler', MODULES, STRICTEST],
  [['5.4.5'], 'nodenext', 'nodenext', MODULES, { ...STRICTEST, verbatimModuleSyntax: true }],
];

/** The lowest and the latest compiler, which compile in all ways; the others compile in the first one. */
const ENDS = [COMPILERS[0]?.[0], COMPILERS.at(-1)?.[0]];

describe('the declarations of the package', { timeout: 900_000 }, () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-compilers-'));
  const modules = join(project, 'node_modules');
  const inProject = (file: string, args: readonly string[]) => run(file, args, { cwd: project });

  before(async () => {
    await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: ROOT }); // prepack builds
    const [tarball = ''] = readdirSync(project).filter((name) => name.endsWith('.tgz'));
    cpSync(CONSUMER, project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    const compilers = COMPILERS.map(([version]) => `typescript-${version}@npm:typescript@${version}`);
    const nodes = new Set(COMPILERS.map(([, node]) => `node-${node}@npm:@types/node@${node}`));
    const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, ...compilers, ...nodes];
    await inProject('npm', npm);
    mkdirSync(join(modules, '@types'), { recursive: true });
    // The place where an override puts these packages.
    for (const name of ['cluster-client', 'pinus-rpc', 'pomelo-rpc'])
      cpSync(join(modules, 'mailstation/compat', name), join(modules, name), { recursive: true });
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const [typescript, node] of COMPILERS) {
    const further = FURTHER.flatMap(([known, ...way]) => (known.includes(typescript) ? [way] : []));
    const ways = [...(ENDS.includes(typescript) ? WAYS : WAYS.slice(0, 1)), ...further];
    for (const [module, moduleResolution, files, settings] of ways) {
      const how = `${module}, ${moduleResolution}${'verbatimModuleSyntax' in settings ? `, ${Object.keys(settings).at(-1)}` : ''}`;
      it(`compile under TypeScript ${typescript} with ${how} and @types/node ${node}`, async () => {
        const compilerOptions = {
          ...settings,
          ...{ module, moduleResolution, target: 'es2022', lib: ['es2022'], types: ['node'] },
          ...{ strict: true, noEmit: true, skipLibCheck: false },
        };
        writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
        const link = join(modules, '@types/node');
        rmSync(link, { force: true });
        symlinkSync(join(modules, `node-${node}`), link);
        const tsc = join(modules, `typescript-${typescript}/bin/tsc`);
        await inProject(process.execPath, [tsc, '-p', '.']).catch((error: { stdout: string }) =>
          assert.fail(error.stdout),
        );
      });
    }
  }

  it('have the lowest TypeScript that the pages state', () => {
    const [[lowest = ''] = []] = COMPILERS;
    const stated = `TypeScript ${lowest.replace(/\.\d+$/, '')} or later`;
    for (const page of ['README.md', 'docs/types.md'])
      assert.ok(readFileSync(join(ROOT, page), 'utf8').includes(stated), `${page} does not say "${stated}"`);
  });
});
