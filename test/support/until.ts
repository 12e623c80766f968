import { once } from 'node:events';

export interface UntilOptions {
  /** What is waited for, as the subject of the error: `the standby to lead`. */
  readonly what: string;
  /** @default 30_000 */
  readonly timeoutMs?: number;
}

/** Only a test that fails waits that long; a short bound would fail on a busy machine what is merely late. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Polls that only yield to the event loop; what takes no real time is seen within microseconds. */
const YIELDING_POLLS = 50;
const POLL_INTERVAL_MS = 2;

// Taken when the module is loaded: a test that mocks timers does not stop its own waiting.
const { setImmediate, setTimeout, clearTimeout } = globalThis;

/**
 * Waits until `probe` gives something truthy, and resolves with it.
 * A probe that throws or rejects ends the wait with its error: only "not yet" is worth another look.
 */
export async function until<T>(probe: () => T | Promise<T>, options: UntilOptions): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const startedAt = performance.now();
  for (let polls = 0; ; polls++) {
    const value = await probe();
    if (value) return value;
    if (performance.now() - startedAt >= timeoutMs) throw neverHappened(options.what, timeoutMs);
    await pause(polls < YIELDING_POLLS ? 0 : POLL_INTERVAL_MS);
  }
}

/** Any emitter, Node's or eventemitter3's, whatever events it declares. */
export interface EventSource {
  on(...args: never[]): unknown;
  once(...args: never[]): unknown;
  removeListener(...args: never[]): unknown;
}

/**
 * Waits for the next `event` and resolves with its arguments. An `error` meanwhile is not waited for: it rejects,
 * unless it is the event asked for.
 */
export async function untilEvent(source: EventSource, event: string, options: UntilOptions): Promise<unknown[]> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), timeoutMs);
  try {
    return await once(source as unknown as NodeJS.EventEmitter, event, { signal: giveUp.signal });
  } catch (error) {
    throw giveUp.signal.aborted ? neverHappened(options.what, timeoutMs) : error;
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}

function neverHappened(what: string, timeoutMs: number): Error {
  return new Error(`waited ${timeoutMs} ms in vain for ${what}`);
}
