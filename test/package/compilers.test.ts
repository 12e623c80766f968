import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer/', import.meta.url));

/** Compilers, the lowest first, each with the types of one Node: all versions of both occur. */
const COMPILERS: readonly [typescript: string, node: string][] = [
  ['5.4.5', '20.19.43'],
  ['5.5.4', '22.20.5'],
  ['5.6.3', '24.19.4'],
  ['5.8.3', '22.20.5'],
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
const AS_THEY_ARE = [...MODULES, 'plain.cts'];
const INTEROP = { ...STRICTEST, esModuleInterop: true };
const VERBATIM = { verbatimModuleSyntax: true };
const ERASABLE = { ...STRICTEST, erasableSyntaxOnly: true };
const DOM = { lib: ['es2022', 'dom'], types: [] };

/** Ways that not every compiler knows: each with the lowest compiler that does, and with the latest. */
const FURTHER: readonly [compilers: readonly string[], ...way: (typeof WAYS)[number]][] = [
  [['5.4.5', '5.9.3'], 'commonjs', 'node10', BOTH, INTEROP],
  [['6.0.3'], 'commonjs', 'node10', BOTH, { ...STRICTEST, ignoreDeprecations: '6.0' }],
  [['7.0.2'], 'commonjs', 'bundler', BOTH, {}],
  [['5.4.5', '7.0.2'], 'preserve', 'bundler', MODULES, STRICTEST],
  [['5.4.5', '7.0.2'], 'nodenext', 'nodenext', AS_THEY_ARE, { ...STRICTEST, ...VERBATIM }],
  [['5.8.3', '7.0.2'], 'nodenext', 'nodenext', AS_THEY_ARE, ERASABLE],
  [['5.9.3', '7.0.2'], 'node20', 'node16', BOTH, STRICTEST],
  // The client for web pages, in a project without the types of Node.
  [['5.4.5'], 'node16', 'node16', ['page.mts'], { ...STRICTEST, ...DOM }],
  [['7.0.2'], 'preserve', 'bundler', ['page.mts'], { ...STRICTEST, ...VERBATIM, ...DOM }],
];

/** The lowest and the latest compiler, which compile in all ways. The others compile in the first one, or in one that they know. */
const ENDS = [COMPILERS[0]?.[0], COMPILERS.at(-1)?.[0]];

/** The settings that tell a way from others of the same module and resolution. */
const OWN = ['verbatimModuleSyntax', 'erasableSyntaxOnly', 'lib'];

describe('the declarations of the package', { timeout: 900_000 }, () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-compilers-'));
  const modules = join(project, 'node_modules');
  const inProject = (file: string, args: readonly string[]) => run(file, args, { cwd: project });

  before(async () => {
    const tarball = await packInto(project);
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
    const common = ENDS.includes(typescript) ? WAYS : WAYS.slice(0, further.length > 0 ? 0 : 1);
    const ways = [...common, ...further];
    for (const [module, moduleResolution, files, settings] of ways) {
      const how = [module, moduleResolution, ...OWN.filter((setting) => setting in settings)].join(', ');
      it(`compile under TypeScript ${typescript} with ${how} and @types/node ${node}`, async () => {
        const compilerOptions = {
          ...{ module, moduleResolution, target: 'es2022', lib: ['es2022'], types: ['node'] },
          ...settings,
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

  it('have the compilers that docs/tools.md names', () => {
    const row = `| TypeScript | ${COMPILERS.map(([version]) => version).join(', ')} |`;
    assert.ok(readFileSync(join(ROOT, 'docs/tools.md'), 'utf8').includes(row), row);
  });

  it('have the lowest TypeScript that the pages state', () => {
    const [[lowest = ''] = []] = COMPILERS;
    const stated = `TypeScript ${lowest.replace(/\.\d+$/, '')} or later`;
    for (const page of ['docs/compatibility.md', 'docs/types.md'])
      assert.ok(readFileSync(join(ROOT, page), 'utf8').includes(stated), `${page} does not say "${stated}"`);
  });
});
