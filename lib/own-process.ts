import { hostname } from 'node:os';
import type { CallerProcess } from './caller-process.js';
import { PACKAGE } from './package.js';

/** Facts about this process that a Follower sends with the registration. */
export function ownProcess(): CallerProcess {
  return { machine: hostname(), pid: process.pid, version: PACKAGE.version };
}
