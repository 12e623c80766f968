import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';

/** Whether the system tells which process has which connection. Only Linux does. */
export const countsConnections = existsSync('/proc/self/fd') && existsSync('/proc/net/tcp');

/** Connections to a port that processes have, by pid, counted by the system. Processes without one are left out. */
export function connectionsTo(port: number, pids: readonly (number | undefined)[]): Map<number, number> {
  const inodes = new Set(TABLES.filter(existsSync).flatMap((table) => inodesOf(readFileSync(table, 'utf8'), port)));
  const counts = new Map<number, number>();
  for (const pid of pids) {
    if (pid === undefined) continue;
    const own = socketsOf(pid).filter((inode) => inodes.has(inode)).length;
    if (own > 0) counts.set(pid, own);
  }
  return counts;
}

/** Inodes of the connections in a table of the kernel whose other end is the port. */
function inodesOf(table: string, port: number): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, , remote, state, , , , , , inode] = line.trim().split(/\s+/);
    return remote?.endsWith(end) && state === ESTABLISHED && inode !== undefined ? [inode] : [];
  });
}

/** Inodes of the sockets that a process has; none where the process has ended. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target(`${folder}/${fd}`))?.[1];
    return inode === undefined ? [] : [inode];
  });
}

/** A descriptor may be closed between the listing and the look. */
function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
