import { hostname } from 'node:os';
import { PACKAGE } from '../package.js';
import { timeOfDay } from '../timers.js';

/** Value of a candidate's key: facts about the process, for people, and the place that the Leader has announced. */
export function candidateText(url?: string): string {
  const about = { v: 1, machine: hostname(), pid: process.pid, version: PACKAGE.version, started: timeOfDay() };
  return JSON.stringify(url === undefined ? about : { ...about, url });
}

/** The place in the value of a candidate's key; undefined where the Leader has announced none, or none of this version. */
export function announcedUrl(text: string): string | undefined {
  try {
    const { v, url } = JSON.parse(text) as { v?: unknown; url?: unknown };
    return v === 1 && typeof url === 'string' ? url : undefined;
  } catch {
    return undefined; // put by hand
  }
}
