import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError } from './options.js';

/** The entry module of the build under test, as the package's own name resolves. */
export function ownBuild(): string {
  return import.meta.resolve('mailstation');
}

/**
 * The entry module of another build: a tarball as `npm pack` makes them, or the folder of a package that is built.
 *
 * @throws UsageError where there is no such build.
 */
export function buildAt(given: string): string {
  const found = path.resolve(given);
  if (!existsSync(found)) throw new UsageError(`--against: there is no ${found}`);
  const folder = statSync(found).isDirectory() ? found : unpacked(found);
  const entry = path.join(folder, entryOf(folder));
  if (!existsSync(entry))
    throw new UsageError(`--against: ${entry} does not exist; run \`npm run build\` in ${folder}`);
  return pathToFileURL(entry).href;
}

function entryOf(folder: string): string {
  try {
    const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const main = exports['.'];
    // The condition by which Node imports this package by name, of this build and of those before it.
    return typeof main === 'string' ? main : (main.import ?? main['module-sync'] ?? main.default);
  } catch (error) {
    throw new UsageError(`--against: ${folder} holds no package.json with an entry`, { cause: error });
  }
}

/** Below this package's node_modules, so that the build finds the same dependencies. */
function unpacked(tarball: string): string {
  const root = path.dirname(fileURLToPath(import.meta.resolve('mailstation/package.json')));
  const hash = createHash('sha256').update(readFileSync(tarball)).digest('hex').slice(0, 16);
  const folder = path.join(root, 'node_modules/.cache/mailstation-bench', hash);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder], { stdio: 'pipe' });
  } catch (error) {
    throw new UsageError(`--against: ${tarball} is no tarball of a package`, { cause: error });
  }
  return folder;
}
