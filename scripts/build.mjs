/**
 * Builds the package into `dist/`: for each entry of package.json's `exports` a CommonJS module, an ES module that gives out the same
 * values by their names, and the declarations of both. The entries share code in files below `dist/shared/`, so that a process has one
 * copy of it whichever entries it loads: see code-parts.mjs. The client for web pages is one file apart: see browser-files.mjs.
 *
 *     npm run build
 *     node scripts/build.mjs --code-only --out DIR    without declarations and notices, which no program needs to run
 *
 * The dependencies of package.json stay outside. Other packages that the library imports are bundled, and their licences go
 * to dist/THIRD-PARTY.txt. The code has the names and lines of the sources, and none of their comments, which are a third of the text;
 * the declarations have the docstrings. There are no source maps: Node reads them only with --enable-source-maps, and they
 * would be larger than the code.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { bundleForPages, compileForPages } from './browser-bundle.mjs';
import { inParts } from './code-parts.mjs';
import { buildPage } from './dashboard-page.mjs';
import { commonjsDeclaration, moduleDeclaration } from './declaration-forms.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { values: options } = parseArgs({ options: { 'code-only': { type: 'boolean' }, out: { type: 'string' } } });
const DIST = options.out ?? join(ROOT, 'dist');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** `index`, `compat/cluster-client` ...: paths of the entries below dist/ and, with `.ts`, below the root. */
const ENTRIES = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' || !('import' in target) ? [] : [target.import.replace(/^\.\/dist\/(.+)\.js$/, '$1')],
);

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

/**
 * The ES module of an entry: the values of its CommonJS module. A bundler may take the property `default` of such a module for the module.
 *
 * @param {string} name
 * @param {readonly string[]} exports
 */
function moduleEntry(name, exports) {
  const names = exports.filter((one) => one !== 'default' && one !== MODULE_EXPORTS);
  const main = exports.includes(MODULE_EXPORTS) ? 'entry' : 'entry.default ?? entry';
  const code = `import entry from "./${name.replace(/.*\//, '')}.cjs";\nexport const { ${names.join(', ')} } = entry;\n`;
  return exports.includes('default') ? `${code}export default ${main};\n` : code;
}

/** Returns the paths of the files that the code was made of. */
async function buildCode() {
  const page = await buildPage();
  const outside = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  /** @type {import('rolldown').InputOptions} */
  const inputs = {
    input: entriesIn(ROOT, '.ts'),
    external: [/^node:/, ...outside.map((name) => new RegExp(`^${name}(?:/|$)`))],
    platform: 'node',
    resolve: {
      extensionAlias: { '.js': ['.ts', '.js'] },
      alias: Object.fromEntries(['debug', 'is-type-of', 'utility'].map((name) => [name, SERIALIZE_JSON_NEEDS])),
    },
    tsconfig: false,
    preserveEntrySignatures: 'allow-extension', // an entry without code of its own gives out what is in the parts
    plugins: [withPage(page)],
  };
  /** @type {import('rolldown').OutputOptions} */
  const outputs = {
    minifyInternalExports: false,
    comments: { jsdoc: false },
    format: 'cjs',
    plugins: [requireDependencies],
    exports: 'named',
    entryFileNames: '[name].cjs',
    footer: (chunk) => (chunk.exports.includes(MODULE_EXPORTS) ? `module.exports = exports["${MODULE_EXPORTS}"];` : ''),
  };
  const parts = await inParts(inputs, outputs, ENTRIES);
  const bundle = await rolldown({ ...inputs, input: { ...entriesIn(ROOT, '.ts'), cli: join(ROOT, 'cli/main.ts') } });
  const { output } = await bundle.write({ ...parts, dir: DIST });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  for (const { name, exports } of chunks.filter((chunk) => chunk.isEntry && ENTRIES.includes(chunk.name)))
    writeFileSync(join(DIST, `${name}.js`), moduleEntry(name, exports));
  const files = chunks.flatMap(({ moduleIds }) => moduleIds);
  const hasPage = files.some((file) => file.replaceAll('\\', '/').endsWith('/dashboard/page-text.ts'));
  return hasPage ? [...files, ...page.files] : files;
}

/** One file an entry for ES modules, and one for CommonJS modules. What they share is in one form, for CommonJS. */
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
  const { output } = await bundle.generate({
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
    if (file.isEntry) writeFileSync(join(DIST, file.fileName), moduleDeclaration(file.code));
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
