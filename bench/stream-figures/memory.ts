import type { Memory } from './host-protocol.js';

/** Memory of this process. Collects all garbage. */
export function memoryNow(): Memory {
  const { rss } = process.memoryUsage();
  if (globalThis.gc === undefined) throw new Error('this process was started without --expose-gc');
  // Twice: V8 takes the memory of buffers off its count in the background, and at the next collection at the latest.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage(); // `external` includes array buffers
  return { live: heapUsed + external, rss };
}

/** The larger one of each count. */
export function peakOf(a: Memory, b: Memory): Memory {
  return { live: Math.max(a.live, b.live), rss: Math.max(a.rss, b.rss) };
}
