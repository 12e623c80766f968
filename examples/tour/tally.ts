import { type Callback, RpcError } from 'mailstation';

/** Counts every call of the demo, and how it ended: once, as is promised. */
export class Tally {
  made = 0;
  settled = 0;
  ok = 0;
  /** Calls that ended more than once. There must be none. */
  again = 0;
  /** `code (delivery)` -> how many calls ended so. */
  readonly failed = new Map<string, number>();
  readonly #latencies: number[] = [];

  /** Notes that a call is made. What is returned is to be called when it ends. */
  begin(): (error?: unknown) => void {
    const startedAt = performance.now();
    let isSettled = false;
    this.made++;
    return (error) => {
      if (isSettled) {
        this.again++;
        return;
      }
      isSettled = true;
      this.settled++;
      this.#latencies.push(performance.now() - startedAt);
      if (error) this.#count(howItFailed(error));
      else this.ok++;
    };
  }

  /** Notes a call that is a promise, and hands it on. */
  async track<T>(call: Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      const result = await call;
      end();
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  /** The same for a call in callback form: resolves with all of its results. */
  trackCallback<Results extends unknown[]>(call: (callback: Callback<Results>) => void): Promise<Results> {
    const end = this.begin();
    return new Promise((resolve, reject) => {
      call((error, ...results) => {
        end(error);
        if (error) reject(error);
        else resolve(results);
      });
    });
  }

  /** In ms; `quantile(0.5)` is the median, `quantile(1)` the maximum. */
  quantile(q: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
  }

  #count(how: string): void {
    this.failed.set(how, (this.failed.get(how) ?? 0) + 1);
  }
}

function howItFailed(error: unknown): string {
  return error instanceof RpcError ? `${error.code} (${error.delivery})` : String(error);
}
