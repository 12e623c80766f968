import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parse } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loaderFlags } from './loader-flags.js';
import { until } from './until.js';

/** What crosses the channel between a test and its processes. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SpawnOptions {
  readonly args?: readonly string[];
  /** Added to this process's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Flags of node itself, such as `--expose-gc`. */
  readonly nodeFlags?: readonly string[];
  /** Program, with its arguments, that runs the process: `['unshare', '--net']`. @default node alone */
  readonly within?: readonly string[];
  /** @default the working directory of the test */
  readonly cwd?: string;
  /** From the start of the process to its ready message. @default 60_000 */
  readonly readyTimeoutMs?: number;
}

export interface NextOptions {
  /** Passes over messages that do not match; they stay for a later {@link SpawnedProcess.next}. */
  readonly match?: (message: Json) => boolean;
  /** @default 5_000 */
  readonly timeoutMs?: number;
}

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Output may still be in the pipe when a process is gone, or never end: its own children may hold the other end. */
const OUTPUT_GRACE_MS = 250;

/** A process that runs a file of the tests, and talks with the test over node's IPC channel. */
export class SpawnedProcess {
  /** Settles when the process is gone. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #inbox: Json[] = [];
  #stdout = '';
  #stderr = '';
  #exit: Exit | undefined;

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    child.on('message', (message) => this.#inbox.push(message as Json));
    this.exited = this.#watchExit();
  }

  /** Undefined when the process could not be started at all. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything that the process has printed so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  send(message: Json): void {
    if (!this.#child.connected) throw new Error(this.#epitaph('cannot be sent a message'));
    this.#child.send(message as object);
  }

  /** The next message of the process, in the order they were sent; each is given once. Rejects if the process ends. */
  async next(options: NextOptions = {}): Promise<Json> {
    const match = options.match ?? (() => true);
    const { message } = await until(
      () => {
        const at = this.#inbox.findIndex(match);
        if (at >= 0) return { message: this.#inbox.splice(at, 1)[0] as Json };
        if (this.#exit !== undefined) throw new Error(this.#epitaph('sent no such message'));
        return undefined;
      },
      { what: `a message from ${this.#name}`, timeoutMs: options.timeoutMs ?? 30_000 },
    );
    return message;
  }

  /** Sends the signal before it returns; the promise settles when the process is gone. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    if (this.isRunning) this.#child.kill(signal);
    return this.exited;
  }

  async #watchExit(): Promise<Exit> {
    const child = this.#child;
    const exit = await new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.on('error', (error) => {
        this.#stderr += `${error.message}\n`;
        if (child.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    const output = [child.stdout, child.stderr].map((stream) => stream && !stream.closed && once(stream, 'close'));
    await Promise.race([Promise.all(output), sleep(OUTPUT_GRACE_MS, undefined, { ref: false })]);
    this.#exit = exit;
    return exit;
  }

  #epitaph(failure: string): string {
    const end =
      this.#exit === undefined ? 'it runs' : `it ended with ${this.#exit.signal ?? `code ${this.#exit.code}`}`;
    return `${this.#name} ${failure}; ${end}\n${this.#stderr || '(nothing on stderr)'}`;
  }
}

const running = new Set<ChildProcess>();

// For a test file that ends without running its hooks. One that is killed cannot do even this: exit-with-parent.ts.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts `file` as a process of its own, and resolves when it has sent a message whose `type` is `ready`:
 *
 *     // fixtures/leader.ts
 *     process.send?.({ type: 'ready', port });
 *
 *     const { child, ready } = await spawnProcess(t, new URL('./fixtures/leader.ts', import.meta.url));
 *
 * The process is killed when the test is over, whatever became of the test, and ends by itself if the test's process
 * dies. What it prints is kept in {@link SpawnedProcess.stdout} and `stderr`, and shown if it ends too early.
 */
export async function spawnProcess(
  t: Pick<TestContext, 'after'>,
  file: URL,
  options: SpawnOptions = {},
): Promise<{ child: SpawnedProcess; ready: Record<string, Json> }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or node:test in the process would report to our runner
  const [command = process.execPath, ...before] = [...(options.within ?? []), process.execPath];
  const handle = spawn(
    command,
    [
      ...before,
      ...loaderFlags(file),
      ...['--import', new URL('./exit-with-parent.ts', import.meta.url).href],
      ...(options.nodeFlags ?? []),
      fileURLToPath(file),
      ...(options.args ?? []),
    ],
    { cwd: options.cwd, env: { ...env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  running.add(handle);
  const child = new SpawnedProcess(parse(file.pathname).name, handle);
  void child.exited.then(() => running.delete(handle));
  t.after(() => child.kill('SIGKILL'));
  const ready = await child.next({ match: isReady, timeoutMs: options.readyTimeoutMs ?? 60_000 });
  return { child, ready: ready as Record<string, Json> };
}

function isReady(message: Json): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
