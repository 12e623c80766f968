import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { messageOf } from '../errors.js';
import { invalid } from '../options.js';

/** Bits of a mode: read, write or execute for all others, and for the group. */
const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_WRITE = 0o020;
const ROOT = 0;

/**
 * Reads a file of the option `name`. `isSecret`: the file must be safe from other users. Throws {@link RpcCode.InvalidArgument}, with
 * the path and the mode.
 */
export function readTlsFile(name: string, path: string, isSecret: boolean): Buffer {
  const what = isSecret ? 'the key of the certificate' : 'the certificate file';
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const danger = isSecret ? dangerOf(fstatSync(file), path) : undefined;
    if (danger !== undefined) throw invalid(`${name}, ${what}, is not safe: ${danger}`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw Object.assign(invalid(`${name}, ${what} ${path}, cannot be read: ${messageOf(error)}`), { cause: error });
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Danger that other users are for the file of a key; undefined for none. Source: PostgreSQL, which has the same rule for its key. */
function dangerOf({ mode, uid }: Stats, path: string): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined; // Windows has no modes
  if (uid !== own && uid !== ROOT)
    return `${path} belongs to the user ${uid}, who can change it; make this process's user the owner`;
  const forbidden = OTHERS | (uid === ROOT ? GROUP_WRITE : GROUP);
  if ((mode & forbidden) === 0) return undefined;
  const shownMode = (mode & 0o777).toString(8).padStart(4, '0');
  return `${path} has the mode ${shownMode}, with which other users can read or write it; run chmod 600`;
}

/** Text that differs when the file is another one, or was written. */
export function stateOfFile(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return messageOf(error);
  }
}
