import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';

/** The package as applications import it. */
export type Package = typeof import('../../index.js');

const TARBALL = join(ROOT, 'test/wire/frozen/mailstation-0.1.0.tgz');

/** Below node_modules, so that the frozen package finds its dependencies without being installed. */
const CACHE = join(ROOT, 'node_modules/.cache/mailstation-frozen');

/** The package of the frozen tarball, in a copy of its own. See test/wire/frozen/README.md. */
export async function loadFrozen(): Promise<Package> {
  const entry = join(unpackFrozen(), 'dist/index.js');
  return (await import(pathToFileURL(entry).href)) as Package;
}

/** The folder of the unpacked tarball. The first process that asks unpacks; several may do so at once. */
export function unpackFrozen(): string {
  const hash = createHash('sha256').update(readFileSync(TARBALL)).digest('hex').slice(0, 16);
  const folder = join(CACHE, hash);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, 'unpacking-'));
  execFileSync('tar', ['-xzf', TARBALL, '--strip-components=1', '-C', fresh]);
  try {
    renameSync(fresh, folder); // whole or not at all
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // otherwise another process was faster
  }
  return folder;
}
