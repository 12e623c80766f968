import { fileURLToPath } from 'node:url';

/**
 * Flags with which node runs `file` as this process runs: `npm test` runs emitted JavaScript, whose stack traces source
 * maps lead back to the sources; a script that was started with tsx runs the TypeScript sources.
 */
export function loaderFlags(file: URL | string): string[] {
  return String(file).endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : ['--enable-source-maps'];
}

/** `.js` where this code was emitted by `npm test`, `.ts` where tsx runs the sources. */
export const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The repository, with a slash at its end. Emitted code is one folder below the repository, in `dist-test/`. */
export const REPOSITORY = fileURLToPath(new URL(EXTENSION === '.ts' ? '../../' : '../../../', import.meta.url));
