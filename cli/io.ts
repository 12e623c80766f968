import type { ReadStream, WriteStream } from 'node:tty';

/** The ends of the process that a verb may use. */
export interface Io {
  readonly stdin: NodeJS.ReadStream | ReadStream;
  readonly stdout: NodeJS.WriteStream | WriteStream;
  readonly stderr: NodeJS.WriteStream | WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the reader of stdout is gone, such as `head` behind a pipe: there is no more work to do then. */
  readonly closed: AbortSignal;
}

/** The ends of this process. A reader that goes away ends the work, and is no failure. */
export function ioOfProcess({ stdin, stdout, stderr, env }: NodeJS.Process): Io {
  const closed = new AbortController();
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    closed.abort();
  };
  stdout.on('error', onError);
  stderr.on('error', onError);
  return {
    get stdin() {
      return stdin; // opened at the first use alone: an open stdin keeps the process alive
    },
    ...{ stdout, stderr, env, closed: closed.signal },
  };
}

/** Width of the terminal behind an output. Undefined for a pipe and a file, where nothing is cut. */
export function columnsOf({ isTTY, columns }: Io['stdout']): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}
