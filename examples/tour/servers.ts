import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerInfo } from 'mailstation';
import { within } from './within.js';

const PROGRAM = fileURLToPath(new URL('./server-process.ts', import.meta.url));
const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 30_000;

export interface RunningServer extends ServerInfo {
  readonly pid: number;
}

/** The server processes. None of them outlives this one, however it ends. */
export class Servers {
  readonly #processes = new Map<string, ChildProcess>();

  constructor() {
    process.on('exit', () => this.killAll());
  }

  /** Resolves when it listens. On port 0 the system chooses the port. */
  async start(id: string, serverType: string, port = 0): Promise<RunningServer> {
    const child = fork(PROGRAM, [id, serverType, String(port)], { execArgv: ['--import', import.meta.resolve('tsx')] });
    this.#processes.set(id, child);
    const failed = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${id} ended with ${signal ?? `code ${code}`} before it listened`);
    });
    const listening = once(child, 'message') as Promise<[{ port: number }]>;
    const [ready] = await within(Promise.race([listening, failed]), START_LIMIT_MS, `${id} to listen`);
    return { id, serverType, host: '127.0.0.1', port: ready.port, pid: child.pid ?? 0 };
  }

  /** As abruptly as there is: SIGKILL. Resolves when the process is gone. */
  async kill(id: string): Promise<void> {
    const child = this.#processes.get(id);
    if (child === undefined) throw new Error(`${id} does not run`);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await within(gone, END_LIMIT_MS, `${id} to die`);
    this.#processes.delete(id);
  }

  /** Asks each to finish what it has; rejects if one does not end by itself, or not well. */
  async stopAll(): Promise<void> {
    const ends = [...this.#processes].map(async ([id, child]) => {
      const gone = once(child, 'exit');
      child.send('stop');
      const [code, signal] = await within(gone, END_LIMIT_MS, `${id} to stop`);
      this.#processes.delete(id);
      if (code !== 0) throw new Error(`${id} was asked to stop and ended with ${signal ?? `code ${code}`}`);
    });
    await Promise.all(ends);
  }

  killAll(): void {
    for (const child of this.#processes.values()) child.kill('SIGKILL');
    this.#processes.clear();
  }
}
