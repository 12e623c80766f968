import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What a chaos run leaves behind: every call that was made and how it settled, every execution, in files that survive
 * the SIGKILL of whoever writes them. Times are ms on the clock of the writer's `performance.now()`.
 */

/** Calls of a kind that fails on purpose, or that nobody answers, are checked too. */
export type CallKind = 'echo' | 'slow' | 'big' | 'fail' | 'missing' | 'oneway' | StreamKind;

/** Results as a stream, arguments as a stream, and both at once. */
export type StreamKind = 'down' | 'up' | 'both';
export type StreamWay = 'down' | 'up';

export interface Made {
  readonly type: 'made';
  readonly client: string;
  /** Counts the calls of this client, in the order in which they were made. */
  readonly token: number;
  readonly kind: CallKind;
  readonly idempotent: boolean;
  /** Its place in the order is promised: it may not be sent a second time, to another server. */
  readonly ordered: boolean;
  readonly timeout: number;
  readonly at: number;
}

export interface Settled {
  readonly type: 'settled';
  readonly client: string;
  readonly token: number;
  readonly at: number;
  /** Undefined: it succeeded. */
  readonly error?: {
    readonly code: string | undefined;
    readonly delivery: string | undefined;
    readonly message: string;
  };
  /** Whose call was answered, as the answer says: `client token`. Of successes with an answer, and of remote errors. */
  readonly answers?: string;
}

export interface Executed {
  readonly type: 'executed';
  /** The process that executed it, one life of it. */
  readonly server: string;
  readonly client: string;
  readonly token: number;
  /** The connection on which the client sent it. */
  readonly line: string;
}

/** What a process still had when it had stopped everything; or that it did not stop, or crashed. */
export interface Left {
  readonly type: 'left';
  readonly who: string;
  readonly what: string;
}

/** Items and end of a stream as its reader got them. */
export interface Read {
  readonly type: 'read';
  /** The process that read it. */
  readonly who: string;
  readonly client: string;
  readonly token: number;
  readonly way: StreamWay;
  /** Numbers of the items, in the order in which they were read; -1: an item of another call. */
  readonly items: readonly number[];
  /** How many there are; undefined where the stream did not end by itself. */
  readonly total?: number;
}

/** A generator of items has begun, or has run its `finally`. */
export interface GeneratorNoted {
  readonly type: 'generator';
  readonly what: 'begun' | 'finished';
  readonly who: string;
  readonly client: string;
  readonly token: number;
}

/** A process has written down everything, and was not killed. */
interface Over {
  readonly type: 'over';
  readonly who: string;
}

/** The event loop of a client did not turn, from a time to a time: the process was stopped, had no CPU, or made a burst of calls. */
export interface Stalled {
  readonly type: 'stalled';
  readonly who: string;
  readonly from: number;
  readonly to: number;
}

export type HistoryRecord = Made | Settled | Executed | Left | Read | GeneratorNoted | Over | Stalled;

export interface History {
  readonly records: readonly HistoryRecord[];
  /** Clients that were killed: what they did not write down is nobody's fault. */
  readonly killedClients: readonly string[];
}

/** Appends to a file; each line is with the system when `write` returns. */
export class HistoryFile {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(...records: readonly HistoryRecord[]): void {
    writeSync(this.#file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** In the order in which they were written; a last line that is cut short by a kill is left out. */
export function readHistoryFile(path: string): HistoryRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as HistoryRecord);
}
