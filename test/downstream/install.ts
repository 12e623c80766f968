import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);

/** Installed programs, each in a folder whose name has a hash of its versions. A second run installs nothing. */
const CACHE = join(ROOT, 'node_modules/.cache/downstream');
const PROGRAMS = fileURLToPath(new URL('./programs/', import.meta.url));
/** Egg reads the name of the application, and looks for TypeScript unless it is told not to. */
const BASE = { name: 'downstream', private: true, egg: { typescript: false, declarations: false } };
const TARBALL = 'mailstation.tgz';

/** Packages of a program, with exact versions, and the package that ours replaces. */
export interface Dependencies {
  /** Folder of the program in programs/. */
  readonly folder: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly replaced: string;
}

/** Packs the package as it would be published. @returns The path of the tarball. */
export async function packOurs(): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  return join(CACHE, await packInto(CACHE));
}

/** Installs a program with the original packages. @returns The folder of the program. */
export async function installOriginal(program: Dependencies): Promise<string> {
  const { dependencies } = program;
  return await installed(program, 'original', { ...BASE, dependencies });
}

/**
 * Installs a program with ours in the place of the package that it replaces, by an override as the guides describe it.
 *
 * @param tarball What `packOurs` has made: the newest build replaces the one of an earlier run.
 * @returns The folder of the program.
 */
export async function installOurs(program: Dependencies, tarball: string): Promise<string> {
  const { dependencies: needed } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const replacement = `file:./node_modules/mailstation/compat/${program.replaced}`;
  // npm refuses an override of a direct dependency that names another package than the dependency does.
  const direct = program.replaced in program.dependencies ? { [program.replaced]: replacement } : {};
  const manifest = {
    ...BASE,
    dependencies: { ...program.dependencies, ...direct, mailstation: `file:./${TARBALL}` },
    overrides: { [program.replaced]: replacement },
  };
  const folder = await installed(program, 'ours', manifest, { tarball, needed });
  const target = join(folder, 'node_modules/mailstation');
  for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  return folder;
}

async function installed(
  program: Dependencies,
  kind: string,
  manifest: object,
  ours?: { readonly tarball: string; readonly needed: unknown },
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([manifest, ours?.needed]));
  const folder = join(CACHE, `${program.folder}-${kind}-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'package.json'), JSON.stringify(manifest));
    if (ours !== undefined) cpSync(ours.tarball, join(unfinished, TARBALL));
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', ...flags], { cwd: unfinished });
    renameSync(unfinished, folder);
  }
  for (const name of readdirSync(folder)) {
    if (!/^(?:node_modules|package(?:-lock)?\.json|mailstation\.tgz)$/.test(name)) {
      rmSync(join(folder, name), { recursive: true });
    }
  }
  for (const source of [program.folder, 'shared']) {
    const target = source === 'shared' ? join(folder, source) : folder;
    cpSync(join(PROGRAMS, source), target, { recursive: true });
  }
  return folder;
}
