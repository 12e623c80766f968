import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './loader-flags.js';

/**
 * Puts the package into a folder as npm would publish it, and returns the name of the file. A build takes longer than most of the tests that need one, so that
 * `npm test` packs once for all files of a run, and says where in `MAILSTATION_TARBALL`.
 */
export async function packInto(folder: string): Promise<string> {
  const packed = process.env['MAILSTATION_TARBALL'];
  if (packed !== undefined) {
    await copyFile(packed, join(folder, basename(packed)));
    return basename(packed);
  }
  const args = ['pack', '--silent', '--pack-destination', folder]; // prepack builds
  const { stdout } = await promisify(execFile)('npm', args, { cwd: REPOSITORY });
  return stdout.trim().split('\n').at(-1) ?? '';
}
