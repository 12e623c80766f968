// The operating system's own list of TCP connections; nothing that this project says of itself is counted.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** How many connections these ports of this machine have accepted; undefined where there is no list to read. */
export function connectionsTo(ports) {
  const accepted = fromProc() ?? fromSs();
  return accepted?.filter((port) => ports.includes(port)).length;
}

/** The local port of every connection; each has two ends here, and only one of them is at a port that listens. */
function fromProc() {
  try {
    const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
    return lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === ESTABLISHED)
      .map(([, local]) => Number.parseInt(local.split(':')[1], 16));
  } catch {
    return undefined;
  }
}

function fromSs() {
  try {
    const lines = execFileSync('ss', ['-H', '-t', '-n', 'state', 'established'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return lines.map((line) => Number(/:(\d+)\s/.exec(line)?.[1]));
  } catch {
    return undefined;
  }
}
