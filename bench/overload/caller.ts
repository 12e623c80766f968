import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../statistics.js';
import { type Bucket, Buckets, backAfter } from './buckets.js';
import type { Phase } from './phase.js';

/** A call that takes a number to the server and back. */
export type Call = (number: number) => Promise<unknown>;

/** Goes on after the latency is back, so that a plot shows that. */
const TAIL_MS = 3_000;
const TURN_MS = 1;

export interface RunOutcome {
  readonly startedAt: number;
  readonly buckets: Bucket[];
  /** 99th percentile of how late calls were made: a large one means that the callers' process was the limit. */
  readonly lateMs: number;
}

/** Makes calls when they are due, answered or not. A latency counts from the moment at which the call was due. */
export async function runPhases(phases: readonly Phase[], call: Call, deadlineMs: number): Promise<RunOutcome> {
  const buckets = new Buckets(phases);
  const late: number[] = [];
  const pending = new Set<Promise<void>>();
  const startedAt = Date.now();
  const begun = performance.now();
  const elapsed = (): number => performance.now() - begun;
  let number = 0;

  const make = (due: number): void => {
    const sent = ++number;
    buckets.offered(due);
    late.push(elapsed() - due);
    const settled = call(sent).then(
      (reply) => {
        const now = elapsed();
        if (reply !== sent) buckets.failed(now, 'wrong reply');
        else if (now - due > deadlineMs) buckets.failed(now, 'late answer');
        else buckets.good(now, now - due);
      },
      (error: { code?: string }) => buckets.failed(elapsed(), error.code ?? 'no code'),
    );
    pending.add(settled);
    void settled.then(() => pending.delete(settled));
  };

  let phaseStart = 0;
  let stopAt = Number.POSITIVE_INFINITY;
  for (const { name, rate, seconds } of phases) {
    const end = phaseStart + seconds * 1_000;
    const intervalMs = 1_000 / rate;
    for (let made = 0; ; await sleep(TURN_MS)) {
      const now = elapsed();
      // Calls of a phase are made even where this process was late for them.
      for (; phaseStart + made * intervalMs < Math.min(now, end); made++) make(phaseStart + made * intervalMs);
      if (now >= end || now >= stopAt) break;
      if (name === 'after' && stopAt === Number.POSITIVE_INFINITY && backAfter(buckets.until(now)) !== undefined)
        stopAt = now + TAIL_MS;
    }
    phaseStart = end;
  }
  const over = elapsed();
  await Promise.all(pending);
  return {
    startedAt,
    buckets: buckets.until(over),
    lateMs: quantile(
      late.sort((a, b) => a - b),
      0.99,
    ),
  };
}

/**
 * Answers a second in a closed loop: what the server can do.
 *
 * @throws Error at a wrong reply, and whatever `call` rejects with.
 */
export async function capacityOf(call: Call, callers: number, seconds: number): Promise<number> {
  const endsAt = performance.now() + seconds * 1_000;
  let isRunning = true;
  let answered = 0;
  const caller = async (first: number): Promise<void> => {
    for (let number = first; isRunning && performance.now() < endsAt; number += callers) {
      const reply = await call(number);
      if (reply !== number) throw new Error(`wrong reply: sent ${number}, got ${String(reply)}`);
      if (performance.now() < endsAt) answered += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, (_, first) => caller(first)));
  } finally {
    isRunning = false;
  }
  return answered / seconds;
}
