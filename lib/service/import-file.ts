import nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { mainExport } from './remote-module.js';

/** Main export of a file. In an object, since an export may have a `then`, which a promise would call. */
export interface MainExport {
  readonly main: unknown;
}

/**
 * Imports a file. `suffix` is added to the URL, under which Node caches an ES module.
 *
 * jest runs CommonJS code without `import()`, unless node was started with --experimental-vm-modules. `require` of the test
 * loads the file there, which also compiles TypeScript as jest is configured to.
 */
export async function importFile(file: string, suffix = ''): Promise<MainExport> {
  try {
    return { main: mainExport(await importUnseen(pathToFileURL(file).href + suffix)) };
  } catch (error) {
    if (await hasImport()) throw error;
    return requireFile(file);
  }
}

export function requireFile(file: string): MainExport {
  return { main: mainExport(requireOf(file)(file)) };
}

/**
 * `require` as the file itself has it, since a bundle of this package has no useful place of its own. A named import of
 * `createRequire` would not do: webpack replaces its calls.
 */
export function requireOf(file: string): NodeJS.Require {
  return nodeModule.createRequire(pathToFileURL(file));
}

/** Runs `import()` of a module that exists only when the program runs, so no bundler may replace it. */
function importUnseen(specifier: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ specifier);
}

async function hasImport(): Promise<boolean> {
  try {
    await importUnseen('node:path');
    return true;
  } catch {
    return false;
  }
}
