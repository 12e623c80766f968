import type { ConnectionReport } from '../../server/connections.js';

/** Key of a process. */
export function processKey({ machine, pid }: { readonly machine: string; readonly pid: number }): string {
  return `${machine}/${pid}`;
}

/** Key of the caller behind a connection: the process and the name, as far as they are known. */
export function clientKey({ process, clientId, ip }: ConnectionReport): string {
  const from = process === null ? ip : processKey(process);
  return clientId === null ? from : `${from} ${clientId}`;
}

/** Key of a server that waits for the end of the Leader of the id. */
export function standbyKey(id: string, process: string): string {
  return `${id} ${process}`;
}

/** Key of a list that ascends with the number. */
export function ascendingKey(number: number): string {
  return `n${String(number).padStart(12, '0')}`;
}

/** A figure for people, and for texts that are not longer than need be: three digits behind the point. */
export function rounded(value: number): number;
export function rounded(value: number | null): number | null;
export function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
}
