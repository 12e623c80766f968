import { readFileSync } from 'node:fs';

const EVERY_MS = 5;

export interface Burden {
  /** Peak of the resident memory. Unit: MB */
  readonly peak: number;
  /** Longest time for which the event loop was busy without a pause. Unit: ms */
  readonly longestTurn: number;
}

/**
 * Measures the process that runs. A turn is a gap between two ticks of a timer, and at most the processor time that was
 * used in the gap: on a busy machine a process also waits for a core, and that is no turn.
 */
export function measure(): () => Burden {
  let longestTurn = 0;
  let time = performance.now();
  let used = cpuMs();
  setInterval(() => {
    const [now, cpu] = [performance.now(), cpuMs()];
    longestTurn = Math.max(longestTurn, Math.min(now - time - EVERY_MS, cpu - used));
    [time, used] = [now, cpu];
  }, EVERY_MS);
  return () => {
    return { peak: Math.round(peakBytes() / 2 ** 20), longestTurn: Math.round(longestTurn) };
  };
}

/** Linux hands `maxRSS` on to a process from the one that has started it, and counts the mark of /proc anew. */
function peakBytes(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024; // no Linux
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
