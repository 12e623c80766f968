/**
 * Builds the package into `dist/`: for each entry of package.json's `exports` an ES module, a CommonJS module and their
 * declarations. The entries share code in chunks, so that a process has one copy of it whichever entries it loads. The client for
 * web pages is one file apart: see browser-files.mjs.
 *
 *     npm run build
 *     node scripts/build.mjs --code-only --out DIR    without declarations and notices, which no program needs to run
 *
 * The dependencies of package.json stay outside. Other packages that the library imports are bundled, and their licences go
 * to dist/THIRD-PARTY.txt. There are no source maps: Node reads them only with --enable-source-maps, they would be larger
 * than the code, and the bundle has the code with the comments and names of the sources.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import { dts } from 'rolldown-plugin-dts';
import { bundleForPages, compileForPages } from './browser-bundle.mjs';
import { buildPage } from './dashboard-page.mjs';
import { commonjsDeclaration, moduleDeclaration } from './declaration-forms.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { values: options } = parseArgs({ options: { 'code-only': { type: 'boolean' }, out: { type: 'string' } } });
const DIST = options.out ?? join(ROOT, 'dist');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** `index`, `compat/cluster-client` ...: paths of the entries below dist/ and, with `.ts`, below the root. */
const ENTRIES = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' || !('module-sync' in target)
    ? []
    : [target['module-sync'].replace(/^\.\/dist\/(.+)\.js$/, '$1')],
);

/**
 * Names of the chunks that entries share, by a file that each of them has: they stand in the stacks of errors. Any other chunk has the
 * name that rolldown gives it, of one of its files.
 */
const CHUNKS = Object.entries({
  'lib/transport/connection.ts': 'connections',
  'server.ts': 'server',
  'client.ts': 'client',
  'node-client.ts': 'node-client',
  'lib/cluster/cluster-client.ts': 'shared-client',
  'lib/registry/etcd/etcd-engine.ts': 'etcd-engine',
  'observe/fleet/poller.ts': 'fleet',
});

/** @param {import('rolldown').PreRenderedChunk} chunk */
function chunkName({ moduleIds }) {
  const [, name = '[name]'] = CHUNKS.find(([file]) => moduleIds.includes(join(ROOT, file))) ?? [];
  return `shared/${name}`;
}

const SERIALIZE_JSON_NEEDS = join(ROOT, 'scripts/serialize-json-needs.cjs');

/** Name of an export whose value CommonJS code gets from `require()`, as Node has it for ES modules. */
const MODULE_EXPORTS = 'module.exports';

/**
 * @param {string} folder
 * @param {string} end
 */
function entriesIn(folder, end) {
  return Object.fromEntries(ENTRIES.map((name) => [name, join(folder, name + end)]));
}

/**
 * Loads a dependency, which is CommonJS, by `require`: jest's CommonJS code has no `import()`. The imports of users' modules
 * stay, and have no literal.
 *
 * @type {import('rolldown').Plugin}
 */
const requireDependencies = {
  name: 'require-dependencies',
  renderChunk: (code) =>
    code.replace(/\bimport\(("[^"]+")\)/g, 'Promise.resolve().then(() => ({ default: require($1) }))'),
};

/**
 * Puts the finished page of the dashboard in the place of the module that builds it from the sources.
 *
 * @param {import('./dashboard-page.mjs').Page} page
 * @returns {import('rolldown').Plugin}
 */
function withPage({ html, csp }) {
  const code = `const page = ${JSON.stringify({ html, csp })};\nexport const pageText = async () => page;`;
  return {
    name: 'with-page',
    load: (id) => (id.replaceAll('\\', '/').endsWith('/dashboard/page-text.ts') ? { code, moduleType: 'js' } : null),
  };
}

/** Returns the paths of the files that the code was made of. */
async function buildCode() {
  const page = await buildPage();
  const outside = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const dependencies = outside.map((name) => new RegExp(`^${name}(?:/|$)`));
  const common = { dir: DIST, minifyInternalExports: false };
  /** @type {import('rolldown').InputOptions} */
  const inputs = {
    input: entriesIn(ROOT, '.ts'),
    external: [/^node:/, ...dependencies],
    platform: 'node',
    resolve: {
      extensionAlias: { '.js': ['.ts', '.js'] },
      alias: Object.fromEntries(['debug', 'is-type-of', 'utility'].map((name) => [name, SERIALIZE_JSON_NEEDS])),
    },
    tsconfig: false,
    plugins: [withPage(page)],
  };
  // The command is an ES module alone: nothing imports it. A bundled package gets the modules of Node by imports, and needs no `require`.
  const modules = await rolldown({
    ...inputs,
    input: { ...entriesIn(ROOT, '.ts'), cli: join(ROOT, 'cli/main.ts') },
    external: dependencies,
    plugins: [withPage(page), esmExternalRequirePlugin({ external: [/^node:/] })],
  });
  const { output } = await modules.write({
    ...common,
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: (chunk) => `${chunkName(chunk)}.js`,
  });
  await modules.close();
  const bundle = await rolldown(inputs);
  await bundle.write({
    ...common,
    format: 'cjs',
    plugins: [requireDependencies],
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: (chunk) => `${chunkName(chunk)}.cjs`,
    footer: (chunk) => (chunk.exports.includes(MODULE_EXPORTS) ? `module.exports = exports["${MODULE_EXPORTS}"];` : ''),
  });
  await bundle.close();
  const files = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  const hasPage = files.some((file) => file.replaceAll('\\', '/').endsWith('/dashboard/page-text.ts'));
  return hasPage ? [...files, ...page.files] : files;
}

/** One file an entry for ES modules, and one for CommonJS modules, whose imports an ES module's declarations do not allow. */
async function buildDeclarations() {
  const types = mkdtempSync(join(DIST, 'types-'));
  const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', types];
  execFileSync(process.execPath, tsc, { cwd: ROOT, stdio: 'inherit' });
  const bundle = await rolldown({
    input: entriesIn(types, '.d.ts'),
    external: [/^node:/, /^[^./]/],
    plugins: [dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false })],
    checks: { pluginTimings: false },
  });
  const { output } = await bundle.write({
    dir: DIST,
    format: 'es',
    minifyInternalExports: false,
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'shared/[name].d.ts',
  });
  await bundle.close();
  for (const file of output) {
    if (file.type !== 'chunk') continue;
    const name = file.fileName.replace(/\.d\.ts$/, '.d.cts');
    writeFileSync(join(DIST, name), commonjsDeclaration(file.code));
    writeFileSync(join(DIST, file.fileName), moduleDeclaration(file.code));
  }
  rmSync(types, { recursive: true });
}

/** Declarations of the client for web pages, in one file. */
async function buildPageDeclarations() {
  const folder = mkdtempSync(join(DIST, 'page-'));
  compileForPages(folder);
  const bundle = await rolldown({
    input: { browser: join(folder, 'types/browser.d.ts') },
    plugins: [dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false })],
    checks: { pluginTimings: false },
  });
  const { output } = await bundle.generate({ format: 'es', minifyInternalExports: false });
  await bundle.close();
  for (const file of output) if (file.type === 'chunk') writeFileSync(join(DIST, 'browser.d.ts'), file.code);
  rmSync(folder, { recursive: true });
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
const files = await buildCode();
writeFileSync(join(DIST, 'browser.js'), await bundleForPages());
if (options['code-only'] !== true) {
  writeFileSync(join(DIST, 'THIRD-PARTY.txt'), thirdPartyNotices(files));
  await buildDeclarations();
  await buildPageDeclarations();
}
