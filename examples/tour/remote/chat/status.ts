import { setTimeout as sleep } from 'node:timers/promises';

/** A module as the functions that a file exports: what they return, or resolve to, is the answer. */

export async function describe(): Promise<{ pid: number; megabytes: number }> {
  return { pid: process.pid, megabytes: Math.round(process.memoryUsage.rss() / 2 ** 20) };
}

export async function nap(ms: number): Promise<void> {
  await sleep(ms);
}
