import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Permission of every user of the machine to write: in a folder, to add, to rename and to delete files. */
const OTHERS_WRITE = 0o002;
/** In a folder that all may write: a file can be renamed and deleted by its owner only, as in /tmp. */
const STICKY = 0o1000;

/**
 * Throws EACCES where a program of another user may have made the socket: its owner is neither this process's user nor root, and
 * every user may add files to its folder. Throws ENOTSOCK for a file that is no socket. A missing file is left to the system.
 */
export function checkSocket(path: string): void {
  const socket = statSync(path, { throwIfNoEntry: false });
  if (socket === undefined) return;
  if (!socket.isSocket()) throw failed('ENOTSOCK', `${path} is ${kindOf(socket)}, not a socket`);
  if (isOurs(socket) || !mayAllWrite(statSync(dirname(path)))) return;
  throw failed(
    'EACCES',
    `the socket ${path} belongs to user ${socket.uid}, and every user may write its folder: a program of another user could pose as the server; have the server listen in a folder of its own`,
  );
}

/**
 * The first folder above a path in which every user may replace files of others; undefined where there is none. The folder of the
 * socket counts, and each one above, wherever symbolic links lead.
 */
export function findOpenFolder(path: string): string | undefined {
  for (let folder = existingFolder(path); ; folder = dirname(folder)) {
    const stats = statSync(folder);
    if (mayAllWrite(stats) && (stats.mode & STICKY) === 0) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The nearest folder above a path that exists. A folder that is missing is made for this process's user alone. */
function existingFolder(path: string): string {
  const folder = dirname(path);
  return statSync(folder, { throwIfNoEntry: false }) === undefined ? existingFolder(folder) : realpathSync(folder);
}

/** The kind of a file, in words. */
export function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFile' | 'isSymbolicLink'>): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isFile() ? 'a file' : 'a device or a pipe';
}

export function failed(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function isOurs({ uid }: Stats): boolean {
  return uid === process.getuid?.() || uid === 0;
}

function mayAllWrite({ mode }: Stats): boolean {
  return (mode & OTHERS_WRITE) !== 0;
}
