/**
 * Parts of the built code: which module stands in which file of `dist/shared/`, and when a file is loaded.
 *
 * An import of the package loads what runs while it is imported: the classes and functions that users get, and what these need to be
 * defined (`core`). The rest is loaded by `require()` in the statement that first uses it, so that a program pays for the parts that it
 * uses: half of the code serves neither a plain client nor a plain server. `require()` is the one way to load code within a
 * statement, and it works in bundles and in jest; so the code is CommonJS.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/**
 * Names of the parts, which stand in the stacks of errors, with the modules of each by their paths. The first that fits has the module.
 *
 * @type {readonly (readonly [string, RegExp])[]}
 */
const PARTS = [
  ['etcd-engine', /^lib\/(?:registry\/etcd|machine)\/(?!etcd-registry)/],
  ['registry', /^lib\/registry\/(?!advertise|candidacy|options|roster-(?:source|state))/],
  ['shared-client', /^lib\/cluster\//],
  ['relay', /^(?:mailbox\/shared\/(?!options)|lib\/relay\/)/],
  ['tls', /^lib\/transport\/tls-/],
  ['fleet', /^observe\/fleet\//],
  ['server', /^(?:server|lib\/(?:leader|serving|service|election))\//],
  ['client', /^(?:client|station|proxy|router|mailbox|failure|lib\/(?:follower|call))\//],
  ['connections', /^(?:lib\/(?!machine)|node_modules\/(?:msgpackr|serialize-json)|scripts)/],
];

/**
 * Entries that stand alone: what they need when they are imported is no part of `core`, which leads to none of them. A bundler follows
 * each `require()`, and the packages that these entries need are not installed for other programs.
 */
const ALONE = ['dashboard', 'etcd', 'metrics', 'otel'];

/** @param {string} id */
const pathOf = (id) => relative(ROOT, id).replaceAll('\\', '/');

/**
 * The modules that an import of any of the entries runs. They are found by importing: once in a build where each module is a file
 * and each use of another module loads it.
 *
 * @param {import('rolldown').InputOptions} inputs
 * @param {import('rolldown').OutputOptions} outputs
 * @param {readonly string[]} entries
 * @returns {Promise<ReadonlySet<string>>} their paths below the root
 */
async function modulesOfImport(inputs, outputs, entries) {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.parts-')); // where the dependencies are found
  try {
    const bundle = await rolldown(inputs);
    const { output } = await bundle.write({
      ...outputs,
      dir: folder,
      preserveModules: true,
      preserveModulesRoot: ROOT,
      plugins: [outputs.plugins, lateRequires((_, to) => to.startsWith('.'))],
    });
    await bundle.close();
    // Every export is read: some are loaded by that.
    const program = `for (const name of ${JSON.stringify(entries)}) Object.values(require('./' + name + '.cjs'));
      console.log(JSON.stringify(Object.keys(require.cache).map((file) => require('node:path').relative('', file))));`;
    const printed = execFileSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' });
    const loaded = new Set(JSON.parse(printed).map((/** @type {string} */ file) => file.replaceAll('\\', '/')));
    const chunks = output.filter((file) => file.type === 'chunk').filter(({ fileName }) => loaded.has(fileName));
    return new Set(chunks.flatMap(({ moduleIds }) => moduleIds.map(pathOf)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Options of the bundler's output for code in parts.
 *
 * @param {import('rolldown').InputOptions} inputs
 * @param {import('rolldown').OutputOptions} outputs
 * @param {readonly string[]} entries
 * @returns {Promise<import('rolldown').OutputOptions>}
 */
export async function inParts(inputs, outputs, entries) {
  const common = entries.filter((name) => !ALONE.includes(name));
  const core = await modulesOfImport(inputs, outputs, common);
  /** @param {string} id */
  const partOf = (id) => (core.has(pathOf(id)) ? 'core' : PARTS.find(([, paths]) => paths.test(pathOf(id)))?.[0]);
  return {
    ...outputs,
    chunkFileNames: 'shared/[name].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: ['core', ...PARTS.map(([name]) => name)].map((name) => ({ name, test: (id) => partOf(id) === name })),
    },
    plugins: [outputs.plugins, lateRequires(isLate)],
  };
}

/** Modules of Node that few programs need. */
const RARE_MODULES = /^node:(?:dns|https?|tls|worker_threads|zlib)$/;

/** Parts that are on the way of each call, for the parts that come after them. */
const BELOW = ['core', 'rolldown-runtime', 'connections', 'client', 'server'];

/**
 * Whether a file loads another one, or a module of Node, late: `core` does always, an entry too, and a part does where the other part
 * is for some programs alone. A plain server needs little of `client`.
 *
 * @param {string} from
 * @param {string} to
 */
function isLate(from, to) {
  if (to.startsWith('node:')) return from === 'shared/core.cjs' || RARE_MODULES.test(to);
  const part = to.replace(/^.*\/(.*)\.cjs$/, '$1');
  if (part === 'core' || part === 'rolldown-runtime') return false;
  if (from === 'shared/core.cjs' || !from.startsWith('shared/')) return true;
  return !BELOW.includes(part) || (from === 'shared/server.cjs' && part === 'client');
}

/**
 * Turns `const require_name = require("./file.cjs")` at the head of a file into a function, and each use of the constant into a
 * call of it. The sources stay plain imports.
 *
 * @param {(from: string, to: string) => boolean} late
 * @returns {import('rolldown').Plugin}
 */
function lateRequires(late) {
  return {
    name: 'late-requires',
    renderChunk(code, { fileName }) {
      /** @type {string[]} */
      const names = [];
      const head = /^(?:const|let) ((?:require|node)_[\w$]+) = (require\("(\.[^"]+|node:[^"]+)"\));$/gm;
      const text = code.replace(head, (line, name, load, path) => {
        if (!late(fileName, path)) return line;
        names.push(name);
        return `let loaded_${name};\nconst ${name} = () => loaded_${name} ??= ${load};`;
      });
      return names.reduce((changed, name) => withCalls(changed, name, fileName), text);
    },
  };
}

/**
 * @param {string} text
 * @param {string} name
 * @param {string} file
 */
function withCalls(text, name, file) {
  // Not after a dot, which makes it a property, but after the three dots of a spread; and not where it is defined.
  const use = new RegExp(
    `(?<![\\w$]|(?<!\\.\\.)\\.)(new )?${name.replaceAll('$', '\\$')}(?![\\w$])(?! = \\(\\))(.)`,
    'g',
  );
  return text.replace(use, (_, isNew = '', next) => {
    if (next !== '.') throw new Error(`${file} uses ${name} other than by a name in it`);
    return isNew === '' ? `${name}().` : `new (${name}()).`;
  });
}
