/** Process at the Follower's end of a connection, as that process says. Proved by nothing. */
export interface CallerProcess {
  /** Name of the machine. */
  readonly machine: string;
  readonly pid: number;
  /** Version of mailstation. */
  readonly version: string;
  /** Set by a server that waits for the end of this Leader, to lead then. */
  readonly standby?: boolean;
}

/** Length of a machine's name (RFC 1035), and of a version that anybody would write. Characters */
const MAX_LENGTH = 255;
/** No control characters, and none that change the writing direction: the names appear in tables of terminals. */
const SAFE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** Reads what a peer says of its process; undefined for anything in another form. */
export function readCallerProcess(given: unknown): CallerProcess | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { machine, pid, version, standby } = given as Record<string, unknown>;
  if (!isSafe(machine) || !isSafe(version) || !Number.isSafeInteger(pid) || (pid as number) < 0) return undefined;
  return { machine, pid: pid as number, version, ...(standby === 1 && { standby: true }) };
}

/** The process as a field of a head. */
export function writeCallerProcess({ standby, ...process }: CallerProcess): Readonly<Record<string, unknown>> {
  return standby === true ? { ...process, standby: 1 } : process;
}

function isSafe(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_LENGTH && SAFE.test(text);
}
