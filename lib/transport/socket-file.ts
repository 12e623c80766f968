import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { delay, performance } from '../timers.js';
import { failed, kindOf } from './socket-owner.js';

/** Codes of a file system without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** Mode of a folder that is made for a socket. */
const FOLDER_MODE = 0o700;
/** Names that this file makes beside a socket. */
const PREFIX = '.ms';
const HIDDEN_FOLDER = /^\.ms\w{6}$/;
const LOCK = /^\.ms[\w-]{7}$/;
/** Age from which a name of these may be a remnant of a process that was killed. Unit: ms */
const REMNANT_MS = 10_000;
/** Age from which a socket that refuses connections is stale. A younger one may belong to a program that is about to listen. Unit: ms */
const YOUNG_MS = 100;
/** Pause before a path is looked at again that another process is taking over. Unit: ms */
const PAUSE_MS = 5;
/** Time for which other processes are waited for. Taking a path over takes milliseconds. Unit: ms */
const PATIENCE_MS = 2_000;

/** The parts of a listener that its socket file needs. */
export interface SocketListener {
  /** Listens at the path. */
  listen(path: string): Promise<void>;
  /** Called when the path leads to the listener. Connections before that ask whether the listener lives. */
  onPublished(): void;
}

/**
 * Makes a listener reachable at a path, with a mode. Returns a function that removes the path. Rejects with EADDRINUSE where a
 * living listener has the path, and with ENOTSOCK for a path that is no socket. Never removes the socket of a living listener,
 * however many processes take the path over at the same time.
 *
 * The socket is made in a private folder and linked to its path once it listens. The path therefore appears with the right
 * mode, and never refuses connections while its owner lives. A path whose socket refuses is stale: its process was killed. Only the
 * process that holds a lock for this very socket may remove it. The lock is a link to the socket of the process that holds it, so
 * that a lock, too, is known to be stale by its refusal.
 */
export async function publishSocket(path: string, mode: number, listener: SocketListener): Promise<() => void> {
  const folder = dirname(path);
  // The common case of a standby, without a trace in the folder.
  if (statsOf(path)?.isSocket() && (await doesListen(path))) throw inUse(path);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const hidden = hiddenFolder(folder);
  const own = join(hidden, 's');
  try {
    await listener.listen(own);
    chmodSync(own, mode);
    const stats = lstatSync(own, { bigint: true });
    const now = clockOf(stats);
    await linkTo(path, own, now);
    listener.onPublished();
    await removeRemnants(folder, own, now);
    return () => withdraw(path, idOf(stats));
  } finally {
    rmSync(hidden, { recursive: true, force: true });
  }
}

function hiddenFolder(folder: string): string {
  try {
    return mkdtempSync(join(folder, PREFIX));
  } catch (error) {
    const { code = 'EACCES' } = error as NodeJS.ErrnoException;
    throw failed(code, `this process cannot write the folder ${folder} (${code})`);
  }
}

/** Called before the listener closes: all others leave a path alone that leads to a living listener. */
function withdraw(path: string, id: string | undefined): void {
  try {
    if (idOf(statsOf(path)) === id) unlinkSync(path);
  } catch {
    // The folder cannot be written any more. The path is stale from now on, and the next listener takes it over.
  }
}

async function linkTo(path: string, own: string, now: () => number): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    if (link(own, path)) return;
    const found = statsOf(path);
    if (found === undefined) continue; // removed meanwhile
    if (!found.isSocket()) throw failed('ENOTSOCK', `${path} is ${kindOf(found)}, not a socket`);
    const isLiving = await doesListen(path);
    if (isLiving || performance.now() > giveUpAt) throw inUse(path);
    if (isYoung(found, now()) || !(await removeStale(path, found, own))) await delay(PAUSE_MS);
  }
}

/**
 * Removes a stale socket, unless another process does so. False where that process is to be waited for. `own`: the listening
 * socket of this process.
 */
async function removeStale(path: string, found: BigIntStats, own: string): Promise<boolean> {
  const id = idOf(found);
  const lock = join(dirname(path), PREFIX + createHash('sha256').update(`${id}`).digest('base64url').slice(0, 7));
  if (!link(own, lock)) {
    const held = statsOf(lock);
    // A process was killed in the few steps below. Its lock is removed in the same way as any stale socket.
    return held !== undefined && !(await doesListen(lock)) && removeStale(lock, held, own);
  }
  try {
    // Under the lock the socket cannot be removed by another process, and one that has replaced it before has another id.
    if (!(await doesListen(path)) && idOf(statsOf(path)) === id) unlinkSync(path);
    return true;
  } finally {
    unlinkSync(lock);
  }
}

/** False where the name is taken. */
function link(own: string, name: string): boolean {
  try {
    linkSync(own, name);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
    throw failed(
      code,
      `the file system of ${dirname(name)} has no hard links (${code}): choose a folder on a local disk`,
    );
  }
}

/** False where no process listens: connections are refused, or the file is gone. */
function doesListen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Any other failure, such as a full queue of connections or a lack of permission, tells nothing of a process that is gone.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function statsOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Text that no other file of the machine has, and no later one: numbers of files are used again, times of birth are not. */
function idOf(stats: BigIntStats | undefined): string | undefined {
  return stats && `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`;
}

/** The clock of the file system, by a file that was just made. A test may have replaced the clock of the process. Unit: ms */
function clockOf({ birthtimeMs }: BigIntStats): () => number {
  const offset = Number(birthtimeMs) - performance.now();
  return () => performance.now() + offset;
}

function isYoung({ birthtimeMs }: BigIntStats, now: number): boolean {
  const age = now - Number(birthtimeMs);
  return age >= 0 && age < YOUNG_MS;
}

/** Removes folders and locks of processes that were killed while they took a path over. */
async function removeRemnants(folder: string, own: string, now: () => number): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (!HIDDEN_FOLDER.test(name) && !LOCK.test(name)) continue;
    const path = join(folder, name);
    const stats = statsOf(path);
    if (stats === undefined || now() - Number(stats.birthtimeMs) < REMNANT_MS) continue;
    if (stats.isSocket()) {
      if (!(await doesListen(path))) await removeStale(path, stats, own);
    } else if (stats.isDirectory() && !(await doesListen(join(path, 's'))))
      rmSync(path, { recursive: true, force: true });
  }
}

function inUse(path: string): Error {
  return failed('EADDRINUSE', `listen EADDRINUSE: address already in use ${path}`);
}
