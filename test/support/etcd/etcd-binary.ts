import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../loader-flags.js';

/** Where Debian's package is unpacked. Git ignores the folder, and `npm ci` empties it. */
const CACHE = join(REPOSITORY, 'node_modules/.cache/etcd');
const UNPACKED = join(CACHE, 'package/usr/bin/etcd');
const PACKAGE = 'etcd-server';
/** Longest time that a download may take. Unit: ms */
const DOWNLOAD_MS = 120_000;

let found: string | undefined;
let isSearched = false;

/**
 * An etcd server: `ETCD`, the one of the PATH, or Debian's package, which is downloaded and unpacked without root. Undefined where there
 * is none.
 */
export function etcdBinary(): string | undefined {
  if (!isSearched) found = named() ?? onPath() ?? (existsSync(UNPACKED) ? UNPACKED : downloaded());
  isSearched = true;
  return found;
}

/** Why the tests with etcd cannot run here; false where they can. Throws where they must run: `.ci/run` sets ETCD_REQUIRED. */
export function whyNoEtcd(): string | false {
  if (etcdBinary() !== undefined) return false;
  const why = 'NO ETCD: the tests of the registry on etcd do not run. Install etcd, or set ETCD to its path';
  if (process.env['ETCD_REQUIRED'] === '1') throw new Error(why);
  console.error(`\n!!! ${why}\n`);
  return why;
}

export function etcdVersion(): string {
  const { stdout } = spawnSync(etcdBinary() ?? 'etcd', ['--version'], { encoding: 'utf8' });
  return /etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

function named(): string | undefined {
  const path = process.env['ETCD'];
  return path !== undefined && existsSync(path) ? path : undefined;
}

function onPath(): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'etcd'));
  return paths.find((path) => existsSync(path));
}

/** Several processes may do this at once: each unpacks in a folder of its own, and the first to be ready gives its folder the name. */
function downloaded(): string | undefined {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'unpacking-'));
  try {
    if (!downloadInto(folder, []) && !downloadInto(folder, ownLists(folder))) return undefined;
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return undefined;
    const target = join(folder, 'package');
    execFileSync('dpkg', ['-x', join(folder, archive), target], { stdio: 'ignore' });
    if (!existsSync(UNPACKED)) renameSync(target, join(CACHE, 'package'));
  } catch {
    // No apt here, or no dpkg; or another process was first.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return existsSync(UNPACKED) ? UNPACKED : undefined;
}

function downloadInto(folder: string, options: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', [...options, '-q', 'download', PACKAGE], {
    cwd: folder,
    stdio: 'ignore',
    timeout: DOWNLOAD_MS,
  });
  return status === 0;
}

/** Package lists of our own, for a user who may not write those of the machine. */
function ownLists(folder: string): string[] {
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const options = ['-o', `Dir::State::lists=${join(folder, 'lists')}`, '-o', `Dir::Cache=${join(folder, 'cache')}`];
  spawnSync('apt-get', [...options, '-q', 'update'], { stdio: 'ignore', timeout: DOWNLOAD_MS });
  return options;
}
