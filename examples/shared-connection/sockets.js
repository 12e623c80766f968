// Who has how many connections to a port of this machine, from the system's own list rather than from our own counting.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const ESTABLISHED = '01';

/**
 * For each process, how many connections to the port it has open. Undefined where the system has no /proc (other
 * systems than Linux have `lsof -i` or `netstat`).
 */
export function connectionsTo(port, pids) {
  let table;
  try {
    table = readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return undefined;
  }
  // sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const to = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set(
    rows
      .filter(([, , remote, state]) => remote?.endsWith(to) && state === ESTABLISHED)
      .map((row) => `socket:[${row[9]}]`),
  );
  return pids.map((pid) => openFiles(pid).filter((file) => sockets.has(file)).length);
}

function openFiles(pid) {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((name) => {
    try {
      return readlinkSync(`${folder}/${name}`);
    } catch {
      return ''; // closed while we looked
    }
  });
}
