import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { until } from '../support/until.js';

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of node itself. */
  readonly nodeFlags?: readonly string[];
}

/** A program as a user runs it: node, a file, and what it prints. */
export class Program {
  readonly #child: ChildProcess;
  /** Resolves with the exit code (null: a signal) when it and all that it started are gone: they hold its output. */
  readonly #over: Promise<number | null>;
  #stdout = '';
  #stderr = '';
  #isOver = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#over = once(child, 'close').then(([code]) => {
      this.#isOver = true;
      return code as number | null;
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The exit code, null if a signal ended it. Rejects when it, or a process that it started, still runs then. */
  async end(timeoutMs: number): Promise<number | null> {
    await until(() => this.#isOver, { what: `the end of the program, which printed:\n${this.#printed()}`, timeoutMs });
    return this.#over;
  }

  /** Resolves when it has printed this to stdout. */
  async untilPrinted(text: string, timeoutMs: number): Promise<void> {
    await until(
      () => {
        if (this.#isOver && !this.#stdout.includes(text)) throw new Error(`the program ended:\n${this.#printed()}`);
        return this.#stdout.includes(text);
      },
      { what: `the program to print ${text}`, timeoutMs },
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #printed(): string {
    return this.#stdout + this.#stderr;
  }
}

/** Starts a program; it is killed when the test is over, if it has not ended before. */
export function startProgram(t: Pick<TestContext, 'after'>, file: string, options: ProgramOptions = {}): Program {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or a program's own use of node:test would report to us
  const { args = [], nodeFlags = [], cwd } = options;
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], {
    cwd,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return new Program(child);
}

/** Resolves when somebody listens on the port. */
export async function untilListening(port: number, timeoutMs: number): Promise<void> {
  await until(() => isListening(port), { what: `somebody to listen on port ${port}`, timeoutMs });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
