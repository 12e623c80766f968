import { inspect } from 'node:util';
import { createPayload, type Payload, type PayloadName } from './payload.js';
import type { PeerClient } from './peer.js';
import { quantile } from './statistics.js';

export interface Load {
  /** Callers, each with one call in flight. */
  readonly inFlight: number;
  readonly payload: PayloadName;
  readonly seconds: number;
}

export interface LoadCount extends Omit<Load, 'seconds'> {
  /** Calls in all. */
  readonly calls: number;
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
export function runLoad(client: PeerClient, load: Load): Promise<LoadResult> {
  return runCallers(() => client, createPayload(load.payload), load);
}

/** The loop of {@link runLoad}, where each caller may have a client of its own, and the values may be any. */
export async function runCallers(
  clientOf: (caller: number) => Pick<PeerClient, 'echo'>,
  payload: Payload,
  load: Omit<Load, 'payload'>,
): Promise<LoadResult> {
  const latenciesMs: number[] | undefined = load.inFlight === 1 ? [] : undefined;
  let isRunning = true;
  let calls = 0;

  const caller = async (number: number): Promise<void> => {
    const client = clientOf(number);
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

/**
 * Makes a number of calls, `inFlight` of them in one tick, and the next ones when all of those are answered. In a closed loop the
 * machine decides how many calls a read or a write carries; here the load does. The values are made once: as little as
 * possible is allocated for a call beside what the peer allocates.
 *
 * @throws Error as {@link runLoad} does.
 */
export function runCount(client: PeerClient, { inFlight, payload: name, calls }: LoadCount): Promise<void> {
  const payload = createPayload(name);
  const values = Array.from({ length: inFlight }, (_, number) => payload.make(number));
  let made = 0;
  let answered = 0;
  return new Promise((resolve, reject) => {
    const onReply = (reply: unknown): void => {
      if (!values.some((sent) => payload.matches(sent, reply))) reject(wrongReply(values, reply));
      answered++;
      if (answered < made) return;
      if (made < calls) burst();
      else resolve();
    };
    const burst = (): void => {
      made += inFlight;
      for (const value of values) client.echo(value).then(onReply, reject);
    };
    burst();
  });
}

function summarize(latenciesMs: number[]): Latency {
  const sorted = latenciesMs.sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5) * 1000, p99: quantile(sorted, 0.99) * 1000 };
}

function wrongReply(sent: unknown, reply: unknown): Error {
  const show = (value: unknown) => inspect(value, { maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY });
  return new Error(`wrong reply: sent ${show(sent)}, got ${show(reply)}`);
}
