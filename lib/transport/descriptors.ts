import { hasCode } from '../errors.js';

/** Codes of the system for a process, or a machine, that has opened as many files as it may. */
const EXHAUSTED: readonly string[] = ['EMFILE', 'ENFILE'];

/** Cure for an error of the system that says that no file descriptors are left; undefined for other errors. */
export function descriptorAdvice(error: unknown): string | undefined {
  if (!hasCode(error, EXHAUSTED)) return undefined;
  return 'no file descriptors are left: close connections and files that are not needed, or raise the limit (ulimit -n, LimitNOFILE)';
}
