import { existsSync, readFileSync } from 'node:fs';

const TCP = '/proc/net/tcp';
const ESTABLISHED = '01';

/** Whether the system has a list of its sockets that can be read like this. */
export const HAS_SOCKET_LIST = existsSync(TCP);

/** Connections that were accepted on these ports of 127.0.0.1, by the operating system's own list. */
export function connectionsTo(ports: readonly number[]): number {
  const lines = readFileSync(TCP, 'utf8').trim().split('\n').slice(1);
  return lines.filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && ports.includes(Number.parseInt(local.split(':')[1] ?? '', 16));
  }).length;
}
