import { setTimeout as sleep } from 'node:timers/promises';
import { RpcError } from 'mailstation';
import type { Demo } from '../demo.js';
import { within } from '../within.js';

const END_LIMIT_MS = 30_000;

/** One call, when it has settled. */
export interface Sample {
  readonly uid: number;
  readonly serverId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly error?: RpcError;
}

/**
 * Steady load: so many callers, each making one call after the other, so that as many calls are in flight all the
 * time. Every answer is checked. Caller n has uid n, by which its calls are routed.
 */
export class Load {
  /** Every call that has settled. */
  readonly samples: Sample[] = [];
  /** Answers that are not what was asked for. */
  readonly wrong: string[] = [];
  readonly #demo: Demo;
  readonly #callers: readonly Promise<void>[];
  #isStopping = false;

  constructor(demo: Demo, callers: number) {
    this.#demo = demo;
    this.#callers = Array.from({ length: callers }, (_, uid) => this.#keepCalling(uid));
  }

  /** No new calls; resolves when those in flight have settled. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await within(Promise.all(this.#callers), END_LIMIT_MS, 'the last calls of the load to settle');
  }

  async #keepCalling(uid: number): Promise<void> {
    const { proxies, client, tally } = this.#demo;
    const { func2 } = proxies.user.test.module1;
    const servers = client.getServersByType('test');
    const serverId = servers[uid % servers.length]?.id ?? '';
    for (let n = 0; !this.#isStopping; n++) {
      const startedAt = performance.now();
      try {
        const results = await tally.trackCallback((callback) => func2({ uid }, uid, n, callback));
        this.samples.push({ uid, serverId, startedAt, endedAt: performance.now() });
        const isRight = results.length === 2 && results[0] === uid + n && results[1] === serverId;
        if (!isRight) this.wrong.push(`func2(${uid}, ${n}) on ${serverId} gave ${results}`);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        this.samples.push({ uid, serverId, startedAt, endedAt: performance.now(), error });
        await sleep(1); // a call may fail at once, and then a loop without a pause would let nothing else happen
      }
    }
  }
}
