import { inspect } from 'node:util';
import { createPayload, type PayloadName } from './payload.js';
import type { PeerClient } from './peer.js';
import { quantile } from './statistics.js';

export interface Load {
  /** Callers, each with one call in flight. */
  readonly inFlight: number;
  readonly payload: PayloadName;
  readonly seconds: number;
}

export interface LoadResult {
  /** Calls answered, and answered rightly, within `seconds`. */
  readonly calls: number;
  /** Those and the ones that were still in flight at the end. */
  readonly allCalls: number;
  /** As measured: the timer that ends a round can be late. */
  readonly seconds: number;
  /** At one call in flight only: past it, a call waits for the others of its burst and the number says little. */
  readonly latencyUs?: Latency;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/**
 * A closed loop: each caller awaits its answer, checks it, and calls again. Resolves when the last caller has stopped.
 *
 * @throws Error for the first answer that is not what was sent, and whatever `echo` rejects with.
 */
export async function runLoad(client: PeerClient, load: Load): Promise<LoadResult> {
  const payload = createPayload(load.payload);
  const latenciesMs: number[] | undefined = load.inFlight === 1 ? [] : undefined;
  let isRunning = true;
  let calls = 0;

  const caller = async (number: number): Promise<void> => {
    while (isRunning) {
      const sent = payload.make(number);
      const sentAt = latenciesMs === undefined ? 0 : performance.now();
      const reply = await client.echo(sent);
      latenciesMs?.push(performance.now() - sentAt);
      if (!payload.matches(sent, reply)) throw wrongReply(sent, reply);
      calls++;
    }
  };

  const startedAt = performance.now();
  let measured = { calls: 0, seconds: 0 };
  const timer = setTimeout(() => {
    measured = { calls, seconds: (performance.now() - startedAt) / 1000 };
    isRunning = false;
  }, load.seconds * 1000);
  try {
    await Promise.all(Array.from({ length: load.inFlight }, (_, number) => caller(number)));
  } finally {
    isRunning = false;
    clearTimeout(timer);
  }
  const result = { ...measured, allCalls: calls };
  return latenciesMs === undefined ? result : { ...result, latencyUs: summarize(latenciesMs) };
}

function summarize(latenciesMs: number[]): Latency {
  const sorted = latenciesMs.sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5) * 1000, p99: quantile(sorted, 0.99) * 1000 };
}

function wrongReply(sent: unknown, reply: unknown): Error {
  const show = (value: unknown) => inspect(value, { maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY });
  return new Error(`wrong reply: sent ${show(sent)}, got ${show(reply)}`);
}
