import type { RpcError } from '../../index.js';
import type { Answer } from './server-process.js';

/** One call that was made. Times are ms on the clock of `performance.now()`. */
export interface MadeCall {
  readonly token: number;
  readonly startedAt: number;
  settledAt: number;
  /** How often it settled; once is right. */
  settled: number;
  /** Who answered it. */
  pid: number | undefined;
  error: RpcError | undefined;
}

export interface LoadOptions {
  /** How many call, each of them again when it has its answer. */
  readonly callers: number;
  /** What a caller does between two calls, ms. */
  readonly thinkMs: number;
}

/** Callers that go on calling, whatever becomes of their calls, and the record of all of it. */
export class Load {
  readonly calls: MadeCall[] = [];
  readonly #make: (token: number, settle: (error: RpcError | null, answer?: Answer) => void) => void;
  readonly #options: LoadOptions;
  readonly #watchers = new Set<(call: MadeCall) => void>();
  #isOver = false;
  #callers: Promise<void>[] = [];

  /** `make` makes one call and says how it ended. */
  constructor(
    make: (token: number, settle: (error: RpcError | null, answer?: Answer) => void) => void,
    options: LoadOptions,
  ) {
    this.#make = make;
    this.#options = options;
  }

  start(): void {
    this.#callers = Array.from({ length: this.#options.callers }, () => this.#callOn());
  }

  /** No new calls; resolves when those under way have settled. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  /** The next call that settles so; looks at none that has settled already. */
  next(match: (call: MadeCall) => boolean, what: string, timeoutMs = 20_000): Promise<MadeCall> {
    return new Promise((resolve, reject) => {
      const watch = (call: MadeCall): void => {
        if (!match(call)) return;
        clearTimeout(late);
        this.#watchers.delete(watch);
        resolve(call);
      };
      const late = setTimeout(() => {
        this.#watchers.delete(watch);
        reject(new Error(`no ${what} in ${timeoutMs} ms`));
      }, timeoutMs);
      this.#watchers.add(watch);
    });
  }

  async #callOn(): Promise<void> {
    while (!this.#isOver) {
      await this.#call();
      await new Promise((resolve) => setTimeout(resolve, this.#options.thinkMs));
    }
  }

  #call(): Promise<void> {
    const call: MadeCall = {
      token: this.calls.length,
      startedAt: performance.now(),
      settledAt: Number.NaN,
      settled: 0,
      pid: undefined,
      error: undefined,
    };
    this.calls.push(call);
    return new Promise((resolve) => {
      this.#make(call.token, (error, answer) => {
        call.settled += 1;
        call.settledAt = performance.now();
        call.error = error ?? undefined;
        call.pid = answer?.pid;
        if (answer !== undefined && answer.token !== call.token)
          throw new Error(`call ${call.token} got the answer of call ${answer.token}`);
        for (const watch of [...this.#watchers]) watch(call);
        resolve();
      });
    });
  }
}
