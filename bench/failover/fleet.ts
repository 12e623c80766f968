import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LOADER_ARGS } from '../host-process.js';
import type { Ready, ServerSetting } from './server-process.js';

const SERVER = fileURLToPath(new URL('./server-process.ts', import.meta.url));

/** One process that serves. */
export class ServerProcess {
  readonly setting: ServerSetting;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(setting: ServerSetting) {
    const args = [...LOADER_ARGS, SERVER, JSON.stringify(setting)];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or node:test would hear of it
    this.setting = setting;
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#exited = once(this.#child, 'exit');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it leads or stands by; rejects when it ends before. */
  async ready(): Promise<Ready> {
    const ended = this.#exited.then(() => {
      throw new Error(`the server ${JSON.stringify(this.setting)} ended before it was ready`);
    });
    const [message] = (await Promise.race([once(this.#child, 'message'), ended])) as [Ready];
    return message;
  }

  /** As an operator stops it. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#child.send('stop');
    await this.#exited;
  }

  /** Sends the signal before it returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** All that were started, to be ended together. */
export class Fleet {
  readonly #all: ServerProcess[] = [];

  async start(setting: ServerSetting): Promise<ServerProcess> {
    const server = new ServerProcess(setting);
    this.#all.push(server);
    await server.ready();
    return server;
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.filter(({ isRunning }) => isRunning).map((server) => server.kill()));
  }
}
