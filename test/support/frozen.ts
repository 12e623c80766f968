import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';

/** The package as applications import it. */
export type Package = typeof import('../../index.js');

const FOLDER = join(ROOT, 'test/wire/frozen');

/** The oldest package that is kept: the one that knows least. */
const OLDEST = '0.1.0';

/** Versions of the packages that are kept, the oldest first. */
export const FROZEN_VERSIONS: readonly string[] = readdirSync(FOLDER)
  .flatMap((name) => /^mailstation-(.+)\.tgz$/.exec(name)?.[1] ?? [])
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

/** Below node_modules, so that the frozen package finds its dependencies without being installed. */
const CACHE = join(ROOT, 'node_modules/.cache/mailstation-frozen');

/** The package of a frozen tarball, in a copy of its own. See test/wire/frozen/README.md. */
export async function loadFrozen(version = OLDEST): Promise<Package> {
  const entry = join(unpackFrozen(version), 'dist/index.js');
  return (await import(pathToFileURL(entry).href)) as Package;
}

/** The folder of the unpacked tarball. The first process that asks unpacks; several may do so at once. */
export function unpackFrozen(version = OLDEST): string {
  const tarball = join(FOLDER, `mailstation-${version}.tgz`);
  const hash = createHash('sha256').update(readFileSync(tarball)).digest('hex').slice(0, 16);
  const folder = join(CACHE, hash);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, 'unpacking-'));
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', fresh]);
  try {
    renameSync(fresh, folder); // whole or not at all
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // otherwise another process was faster
  }
  return folder;
}
