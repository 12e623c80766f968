import { readFileSync, type Stats, statSync } from 'node:fs';
import { messageOf, RpcError } from '../errors.js';
import { invalid } from '../options.js';
import { quoted } from '../quoted.js';

/** Far above sixteen secrets of 1,024 bytes. */
const MAX_FILE_BYTES = 64 * 1024;
const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_BEYOND_READING = 0o030;
const ROOT = 0;

/** A file with secrets, and the state of the file when it was last read. */
export interface ReadFile {
  readonly bytes: Buffer;
  /** Differs when the file was written or replaced. */
  readonly version: string;
}

/** Reads a file of secrets. `name`: the option. Throws {@link RpcCode.InvalidArgument}, with the path and the reason. */
export function readSecretFile(name: string, path: string): ReadFile {
  try {
    const stats = statSync(path);
    checkFile(name, path, stats);
    return { bytes: readFileSync(path), version: versionOf(stats) };
  } catch (error) {
    if (error instanceof RpcError) throw error;
    throw invalid(`${name} cannot be read from ${quoted(path)}: ${messageOf(error)}`);
  }
}

/** The state of the file now; undefined where the file cannot be reached. */
export function fileVersion(path: string): string | undefined {
  try {
    return versionOf(statSync(path));
  } catch {
    return undefined;
  }
}

function versionOf({ dev, ino, size, mtimeMs, ctimeMs, mode, uid }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs, mode, uid].join(' ');
}

/** A file of root may be readable by a group, as Kubernetes mounts secrets. Source: PostgreSQL, which checks its key files so. */
function checkFile(name: string, path: string, stats: Stats): void {
  const { mode, uid, size } = stats;
  const refuse = (why: string): Error => invalid(`${name} is refused: ${quoted(path)} ${why}`);
  if (!stats.isFile()) throw refuse('is not a file');
  if (size > MAX_FILE_BYTES) throw refuse(`has ${size} bytes, and a file of secrets has at most ${MAX_FILE_BYTES}`);
  if (process.platform === 'win32' || process.getuid === undefined) return;
  const own = process.getuid();
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  if (uid !== own && uid !== ROOT)
    throw refuse(`belongs to the user ${uid}, who could change it; give the file to this process's user (${own})`);
  const forbidden = uid === own ? GROUP | OTHERS : GROUP_BEYOND_READING | OTHERS;
  if ((mode & forbidden) !== 0)
    throw refuse(`has the mode ${bits}, so that other users of the machine can read or change it; run chmod 600`);
}
