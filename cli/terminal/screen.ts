import type { ReadStream, WriteStream } from 'node:tty';
import { ENTER, LEAVE } from './control.js';
import { Frame, type Size } from './frame.js';
import { type Key, readKeys } from './keys.js';

/** Users of a screen. */
export interface ScreenUser {
  /** Called for each key, except the one that suspends the program. Raw mode makes a key of Ctrl-C too. */
  onKey(key: Key): void;
  /** Called when the picture must be drawn again: the terminal has another size, or the program was continued. */
  onRedraw(): void;
  /** Called once when the terminal is gone, and the screen is closed. */
  onGone(): void;
}

/**
 * States of a screen:
 *
 *     closed --open()--> open --suspend--> suspended --SIGCONT--> open
 *                        open, suspended --close(), a signal, the exit of the process--> closed
 */
export type ScreenState = 'closed' | 'open' | 'suspended';

/** Signals whose default is the end of the process. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Size of a terminal that does not say its own. */
const UNKNOWN: Size = { columns: 80, rows: 24 };

/**
 * The whole terminal as one picture, on the terminal's other screen: what the user saw before is there again afterwards. The terminal is put
 * back in each end of the process that can be noticed: `close()`, the exit of the process, an uncaught error, and the signals that end or stop a
 * process. A signal then has the effect that the signal has by itself.
 */
export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #user: ScreenUser;
  readonly #frame = new Frame();
  #state: ScreenState = 'closed';
  #stopKeys: (() => void) | undefined;

  constructor(input: ReadStream, output: WriteStream, user: ScreenUser) {
    this.#input = input;
    this.#output = output;
    this.#user = user;
  }

  get size(): Size {
    const { columns, rows } = this.#output;
    return columns > 0 && rows > 0 ? { columns, rows } : UNKNOWN;
  }

  open(): void {
    if (this.#state !== 'closed') return;
    for (const signal of ENDS) process.on(signal, this.#onEnd);
    if (process.platform !== 'win32') process.on('SIGTSTP', this.#onStop).on('SIGCONT', this.#onContinue);
    process.on('exit', this.#onExit); // for an uncaught error too, before Node prints the error
    this.#output.on('resize', this.#onResize).on('error', this.#onGone);
    if (this.#input.isTTY) {
      this.#input.on('end', this.#onGone).on('error', this.#onGone);
      this.#stopKeys = readKeys(this.#input, this.#onKey);
    }
    this.#enter();
  }

  /** Shows the lines. A line must fit into the columns. A terminal that has not taken the last frame yet is left alone. */
  draw(lines: readonly string[]): void {
    if (this.#state !== 'open' || this.#output.writableNeedDrain) return;
    const bytes = this.#frame.next(lines, this.size);
    if (bytes !== '') this.#output.write(bytes);
  }

  /** Sends every line again, whatever the terminal shows. */
  redraw(): void {
    this.#frame.forget();
    this.#user.onRedraw();
  }

  /** Puts the terminal back. */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#leave();
    this.#state = 'closed';
    for (const signal of ENDS) process.off(signal, this.#onEnd);
    process.off('SIGTSTP', this.#onStop).off('SIGCONT', this.#onContinue);
    process.off('exit', this.#onExit);
    this.#output.off('resize', this.#onResize);
    this.#input.off('end', this.#onGone);
    this.#stopKeys?.();
    this.#input.pause();
    // The listeners for errors stay: an error of the terminal may arrive later, and is no error of the program.
  }

  #enter(): void {
    this.#state = 'open';
    this.#frame.forget();
    if (this.#input.isTTY) this.#input.setRawMode(true).resume();
    this.#output.write(ENTER);
  }

  /** On Linux and macOS a terminal takes bytes at once, so that they arrive before the end of the process. */
  #leave(): void {
    this.#output.write(LEAVE);
    if (this.#input.isTTY) this.#input.setRawMode(false);
  }

  readonly #onKey = (key: Key): void => {
    if (key.name === 'ctrl-z') this.#suspend(0);
    else this.#user.onKey(key);
  };

  readonly #onResize = (): void => this.redraw();

  readonly #onExit = (): void => this.close();

  readonly #onEnd = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  readonly #onGone = (): void => {
    if (this.#state === 'closed') return;
    this.close();
    this.#user.onGone();
  };

  readonly #onStop = (): void => this.#suspend(process.pid);

  /**
   * Stops the processes of `pid`, as Ctrl-Z does outside of raw mode: for 0 those of the terminal's whole job, such as the `npx` that started this
   * one. The shell would not come back while one of them runs.
   */
  #suspend(pid: number): void {
    if (this.#state !== 'open' || process.platform === 'win32') return;
    this.#leave();
    this.#state = 'suspended';
    process.off('SIGTSTP', this.#onStop); // or the signal would not stop this process
    process.kill(pid, 'SIGTSTP');
    // A process without a shell above it is not stopped, and never continued.
    setImmediate(() => {
      if (this.#state === 'suspended') this.#continue();
    });
  }

  readonly #onContinue = (): void => {
    if (this.#state === 'closed') return;
    // Stopped by SIGSTOP, without a word: the shell has its own mode of the terminal since.
    if (this.#state === 'open' && this.#input.isTTY) this.#input.setRawMode(false);
    this.#continue();
  };

  #continue(): void {
    process.off('SIGTSTP', this.#onStop).on('SIGTSTP', this.#onStop);
    this.#enter();
    this.#user.onRedraw();
    // A change of the size was reported to the shell alone meanwhile. Node asks the terminal for the size at this signal.
    process.kill(process.pid, 'SIGWINCH');
  }
}
