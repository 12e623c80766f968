/** The client for web pages: one ES module without imports, and its declarations, which name no types of Node. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { ENTRY, fileInPage, filesInPage, placeOf, ROOT, textAtPlace } from './browser-files.mjs';

/** Types that the shared files name, in the shape that the files under browser/ give them. */
const NODE_TYPES = `declare namespace NodeJS {
  interface Timeout { readonly id: number; unref(): this }
  type Immediate = Timeout;
  interface ErrnoException extends Error { code?: string }
}
`;

/** @type {import('rolldown').Plugin} */
const filesOfPage = {
  name: 'files-of-page',
  resolveId(specifier, importer) {
    if (importer === undefined || !specifier.startsWith('.')) return null;
    const from = importer.replaceAll('\\', '/').slice(ROOT.replaceAll('\\', '/').length);
    return ROOT + fileInPage(from, specifier);
  },
};

/** @returns {Promise<string>} The code, minified. */
export async function bundleForPages() {
  const bundle = await rolldown({
    input: ROOT + ENTRY,
    plugins: [filesOfPage],
    platform: 'browser',
    tsconfig: false,
    treeshake: { moduleSideEffects: false },
    onwarn: (warning) => {
      throw new Error(`the client for web pages cannot be bundled: ${warning.message}`);
    },
  });
  const { output } = await bundle.generate({ format: 'es', minify: true, comments: false, codeSplitting: false });
  await bundle.close();
  const [chunk, ...others] = output;
  if (others.length > 0 || chunk.imports.length + chunk.dynamicImports.length > 0)
    throw new Error(
      `the client for web pages imports ${[...chunk.imports, ...others.map(({ fileName }) => fileName)]}`,
    );
  return chunk.code;
}

/**
 * Compiles the files of the page's client, each at the place that it takes, with the types of a page and without those of
 * Node. Throws with the messages of the compiler.
 *
 * @param {string} folder is made anew; gets the declarations below `types/`
 */
export function compileForPages(folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const [file, text] of filesInPage()) {
    const path = join(folder, placeOf(file));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textAtPlace(file, text));
  }
  writeFileSync(join(folder, 'node-types.d.ts'), NODE_TYPES);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    rootDir: '.',
    outDir: 'types',
    paths: {},
    lib: ['es2023', 'es2024.string', 'dom', 'dom.iterable'],
    types: [],
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    allowJs: false,
    checkJs: false,
    // The places that files take have parameters for all who use them.
    noUnusedParameters: false,
  };
  const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['**/*.ts'], exclude: ['types'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder];
  execFileSync(process.execPath, tsc, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
