import { delay } from '../timers.js';

/** Resolves with the work, or after the time. Never rejects. Unit: ms */
export async function within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  const over = new AbortController();
  const time = delay(ms, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([work?.catch(() => {}), time]);
  over.abort();
}
