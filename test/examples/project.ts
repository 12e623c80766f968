import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, readManifest } from '../architecture/house.js';

const BUILD = join(ROOT, 'scripts/build.mjs');
const BUILD_LIMIT_MS = 120_000;

/** What the examples need beside the package and its dependencies. */
const ALSO_INSTALLED = ['@grpc/grpc-js', 'cluster-client', 'co', 'pomelo-rpc', 'sdk-base', 'tsx', 'zod'];

/**
 * An application that has the package installed, compiled as users get it, in a folder elsewhere. `npm test` can then
 * run the examples as they are on a fresh clone, where nothing has been built.
 */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailstation-examples-'));

  async install(): Promise<void> {
    const modules = join(this.folder, 'node_modules');
    const own = join(modules, 'mailstation');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    copyFileSync(join(ROOT, 'package.json'), join(own, 'package.json'));
    for (const name of [...Object.keys(readManifest().dependencies), ...ALSO_INSTALLED]) {
      mkdirSync(dirname(join(modules, name)), { recursive: true }); // of a scope, as in @standard-schema/spec
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
    }
    const args = [BUILD, '--code-only', '--out', join(own, 'dist')];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: BUILD_LIMIT_MS });
  }

  /** Copies an example, and gives back where it is. */
  copy(example: string, name = example): string {
    const folder = join(this.folder, name);
    cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
    return folder;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Changes the one place in a file that says so. Throws when there is none, or more than one. */
export function replaceOnce(file: string, from: string, to: string): void {
  const parts = readFileSync(file, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${from} ${parts.length - 1} times`);
  writeFileSync(file, parts.join(to));
}
