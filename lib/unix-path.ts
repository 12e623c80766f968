import { dirname, resolve } from 'node:path';
import { invalid, nonEmptyString } from './options.js';
import { quoted } from './quoted.js';

/** Bytes that the system takes of the path of a socket. Older versions of Node cut a longer path without an error. */
export const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;
/** Bytes of the longest name beside the socket's own in its folder; see `transport/socket-file.ts`. */
const SIDE_NAME_BYTES = '/.ms123456/s'.length;

/**
 * Checks the path of a unix socket, and returns the path as an absolute one. The limit is that of the system, in bytes. Throws
 * {@link RpcCode.InvalidArgument}, on Windows for every path.
 */
export function unixPath(name: string, value: unknown, platform: NodeJS.Platform = process.platform): string {
  const given = nonEmptyString(name, value);
  const refuse = (what: string, cure: string): Error => invalid(`${name} ${what}, got ${quoted(given)}: ${cure}`);
  if (platform === 'win32')
    throw refuse(
      'cannot be the path of a unix socket on Windows',
      'listen on a port of 127.0.0.1, such as tcp://127.0.0.1:3333',
    );
  if (given.includes('\0')) throw refuse('must not hold a NUL character', 'sockets without a file are not supported');
  // Paths appear in logs, and a process that shares mailboxes takes them from others.
  if (/\p{Cc}/u.test(given)) throw refuse('must not hold control characters', 'choose another name');
  if (given.endsWith('/'))
    throw refuse('must be the path of a socket', 'a path that ends with a slash is that of a folder');
  const path = resolve(given);
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH)
    throw refuse(`must have at most ${MAX_SOCKET_PATH} bytes`, `the path ${path} has ${bytes}; choose a shorter one`);
  const folder = Buffer.byteLength(dirname(path));
  const most = MAX_SOCKET_PATH - SIDE_NAME_BYTES;
  if (folder > most)
    throw refuse(
      `must be in a folder whose path has at most ${most} bytes`,
      `this one has ${folder}; choose a shorter one`,
    );
  return path;
}
