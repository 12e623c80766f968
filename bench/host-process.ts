import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HostQuestions, Questions, ReplyTo } from './host-protocol.js';

/** Whether this is emitted JavaScript, as in `npm run bench` and `npm test`, and not a source that tsx runs. */
export const IS_COMPILED = import.meta.url.endsWith('.js');
const EXTENSION = IS_COMPILED ? 'js' : 'ts';
const HOST_PATH = fileURLToPath(new URL(`./host.${EXTENSION}`, import.meta.url));
/** With which node runs another file in the form of this one. */
export const LOADER_ARGS = IS_COMPILED ? [] : [`--import=${import.meta.resolve('tsx')}`];

const EXIT_TIMEOUT_MS = 5_000;

/** The module of a peer, in the form that this process runs itself. `folder` ends with a slash. */
export function peerUrl(name: string, folder: URL): string {
  return new URL(`${name}.${EXTENSION}`, folder).href;
}

/** One end of one peer, in its own process. `Asked` are the questions that the program of the process answers. */
export class HostProcess<Asked extends Questions<Asked> = HostQuestions> {
  readonly #child: ChildProcess;
  readonly #title: string;

  /** `title` names the process in errors: `limit-json server`. `nodeArgs` go before the path of the program. */
  constructor(title: string, nodeArgs: readonly string[] = [], program = HOST_PATH) {
    this.#title = title;
    this.#child = fork(program, [], {
      execArgv: [...LOADER_ARGS, ...nodeArgs],
      // What a peer prints at its start would be mixed into the report.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /**
   * Keeps the process's main thread, on which all its JavaScript runs, on one core; V8's helper threads stay free.
   *
   * @throws Error where there is no `taskset`, which is Linux's, or no such core.
   */
  pinTo(core: number): void {
    execFileSync('taskset', ['-cp', String(core), String(this.#child.pid)], { stdio: 'pipe' });
  }

  /**
   * Rejects with what the process answers in the `ok: false` case, when it ends before it answers, and after
   * `timeoutMs`: a peer that loses a call would otherwise hold up the run for ever.
   */
  ask<Name extends keyof Asked & string>(
    name: Name,
    question: Asked[Name]['question'],
    timeoutMs: number,
  ): Promise<Asked[Name]['answer']> {
    return this.#ask(name, question, timeoutMs) as Promise<Asked[Name]['answer']>;
  }

  #ask(name: string, question: object, timeoutMs: number): Promise<object> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (error: Error | undefined, answer?: object): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        if (answer !== undefined) resolve(answer);
        else reject(error);
      };
      const onMessage = (reply: ReplyTo<Asked>): void => {
        if (reply.ok) settle(undefined, reply.answer);
        else settle(new Error(`${this.#title}: ${reply.message}`));
      };
      const onExit = (code: number | null, signal: string | null): void => {
        settle(new Error(`${this.#title}: the process ended (${signal ?? `exit code ${code}`}) before it answered`));
      };
      const timer = setTimeout(() => {
        settle(new Error(`${this.#title}: no answer to '${name}' in ${timeoutMs} ms`));
      }, timeoutMs);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send({ name, question }, (error) => {
        if (error !== null) settle(new Error(`${this.#title}: ${error.message}`, { cause: error }));
      });
    });
  }

  /** Closes the peer's end and waits for the process to end; kills one that does not. Never rejects. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), 2 * EXIT_TIMEOUT_MS);
    await this.#ask('close', {}, EXIT_TIMEOUT_MS).catch(() => {
      // It failed already, or is stuck: what counts now is that it ends.
    });
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(timer);
  }
}
