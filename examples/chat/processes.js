import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The processes of the chat: each is started, and sends where it listens. */
export class Processes {
  #children = new Set();

  /** Resolves to the process, and to what it sent first. */
  async start(file, args) {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), args.map(String));
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with code ${code} before it was ready`);
    });
    const [place] = await Promise.race([once(child, 'message'), ended]);
    return { child, place };
  }

  /** Resolves when all processes have ended. The last one that was started is asked first: callers before those that they call. */
  async stop() {
    for (const child of [...this.#children].reverse()) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }

  kill() {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
