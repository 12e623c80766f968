import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('.', import.meta.resolve('mailstation/package.json')));
/** A second run installs nothing: the name of the folder has a hash of the versions. */
const CACHE = join(ROOT, 'node_modules/.cache/mailstation-bench');
const MANIFESTS = ['package.json', 'package-lock.json', '.npmrc'];

/**
 * Installs the packages of bench/package.json, unless that is done, and lets the compiled bench in `folder` load them. Nothing is
 * put into the repository's own node_modules beside a cache.
 *
 * @param note Called with one line where packages are installed, which takes a minute.
 */
export function linkPeers(folder: string, note: (line: string) => void): void {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'bench/package-lock.json')));
  const packages = join(CACHE, `peers-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(packages)) install(packages, note);
  const link = join(folder, 'node_modules');
  rmSync(link, { recursive: true, force: true });
  symlinkSync(join(packages, 'node_modules'), link, 'junction');
}

function install(packages: string, note: (line: string) => void): void {
  note(`npm installs the packages of bench/package.json into ${packages}, once`);
  const unfinished = `${packages}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const name of MANIFESTS) cpSync(join(ROOT, 'bench', name), join(unfinished, name));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['ci', ...flags], { cwd: unfinished, stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(unfinished, packages);
}
