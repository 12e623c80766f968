import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { etcdBinary } from './etcd-binary.js';

/** In the log of etcd once a node has joined, and its cluster has a leader. */
const READY = 'serving client traffic';
/** etcd waits for its disk at each write; a folder in memory makes tests ten times as fast. */
const MEMORY = '/dev/shm';
const READY_MS = 60_000;
/** Ends etcd with the process of the test, even where that is killed. */
const WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'];

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process of etcd, with a folder that outlives its restarts. */
export class EtcdNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly #args: readonly string[];
  readonly #within: readonly string[];
  readonly #folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'mailstation-etcd-'));
  #child: ChildProcess | undefined;
  #log = '';

  /** `within`: program, with its arguments, that starts etcd on another host. */
  constructor(name: string, url: string, args: readonly string[], within: readonly string[] = []) {
    const { hostname, port } = new URL(url);
    this.name = name;
    this.host = hostname;
    this.port = Number(port);
    this.url = url;
    this.#args = args;
    this.#within = within;
  }

  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process. `ready` resolves when the node takes requests, and rejects when the process ends before. */
  start(): { readonly ready: Promise<void> } {
    const etcd = etcdBinary();
    if (etcd === undefined) throw new Error('there is no etcd');
    const [command = etcd, ...args] = [...(hasSetpriv() ? WITH_PARENT : []), ...this.#within, etcd, ...this.#args];
    this.#log = '';
    const child = spawn(command, [...args, '--data-dir', join(this.#folder, 'data')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.#child = child;
    return { ready: this.#untilReady() };
  }

  /** Sends the signal; resolves when the process is gone where the signal ends it, or stands still. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    child.kill(signal);
    if (signal === 'SIGSTOP') await until(() => standsStill(child.pid), { what: 'all threads of etcd to stand still' });
    else if (signal !== 'SIGCONT') await once(child, 'exit');
  }

  /** Copies what the node has stored. The node must not be running. */
  backup(): void {
    cpSync(join(this.#folder, 'data'), join(this.#folder, 'backup'), { recursive: true });
  }

  /** Puts what was copied in the place of what the node has stored. The node must not be running. */
  restore(): void {
    this.wipe();
    cpSync(join(this.#folder, 'backup'), join(this.#folder, 'data'), { recursive: true });
  }

  /** Removes what the node has stored. The node must not be running. */
  wipe(): void {
    rmSync(join(this.#folder, 'data'), { recursive: true, force: true });
  }

  async end(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    const child = this.#child;
    await until(
      () => {
        if (this.#log.includes(READY)) return true;
        if (this.#child !== child || !this.isRunning) throw new Error(`etcd ended:\n${this.#log.slice(-2_000)}`);
        return false;
      },
      { what: `${this.name} to be ready`, timeoutMs: READY_MS },
    );
  }
}

let setpriv: boolean | undefined;
function hasSetpriv(): boolean {
  setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0;
  return setpriv;
}

/** True when all threads of the process stand still. One that does not yet may still answer. Only Linux tells. */
function standsStill(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((thread) => stateOf(join(tasks, thread, 'stat')) === 'T');
}

/** State of a thread as a letter, which stands behind its name in parentheses. */
function stateOf(stat: string): string | undefined {
  if (!existsSync(stat)) return undefined; // the thread has ended; the next look finds it gone
  const text = readFileSync(stat, 'utf8');
  return text[text.lastIndexOf(')') + 2];
}
