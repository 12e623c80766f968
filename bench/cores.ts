import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cores that the two ends are kept on. */
export interface CorePair {
  readonly server: number;
  readonly client: number;
}

/**
 * Two cores that this process may use, no two threads of the same one where there is a choice. Undefined where there
 * are none to choose (one core; not Linux, or no `taskset` there).
 *
 * Without this the scheduler decides what is measured: on a busy machine it puts both ends on one core, where a call
 * costs no wake-up and a peer gains nothing by sending early; on a quiet one it moves them about between rounds.
 */
export function findCorePair(): CorePair | undefined {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return undefined;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const cores = allowed === undefined ? [] : parseCoreList(allowed);
  const [server, ...others] = cores;
  if (server === undefined || others[0] === undefined) return undefined;
  const siblings = siblingsOf(server);
  return { server, client: others.find((core) => !siblings.includes(core)) ?? others[0] };
}

/** The kernel's notation: `0-2,7` is [0, 1, 2, 7]. */
export function parseCoreList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function siblingsOf(core: number): number[] {
  try {
    return parseCoreList(
      readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8').trim(),
    );
  } catch {
    return [core]; // some containers do not show it
  }
}
