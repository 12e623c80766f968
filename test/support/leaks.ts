import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

/**
 * What keeps the process alive, by kind, as `process.getActiveResourcesInfo()` names it: `TCPServerWrap`,
 * `TCPSocketWrap`, `PipeWrap`, `Timeout`, `ProcessWrap` ... Unref'd timers and handles are not among them.
 */
export type ActiveResources = ReadonlyMap<string, number>;

export interface LeakOptions {
  /**
   * How long closing may take to finish after the test's own clean-up: the other end of a socket learns of it, a
   * killed process is reaped.
   * @default 1_000
   */
  readonly graceMs?: number;
}

/** Gone in a turn or two, and our own waiting makes some. */
const TRANSIENT = new Set(['Immediate', 'TickObject']);

// Taken when the module is loaded, so that a test may mock timers.
const { setImmediate } = globalThis;

export function activeResources(): ActiveResources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!TRANSIENT.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** What is there now and was not before: `2 TCPSocketWrap, 1 Timeout`, or the empty string. */
export function grownSince(before: ActiveResources): string {
  const grown: string[] = [];
  for (const [kind, count] of activeResources()) {
    const extra = count - (before.get(kind) ?? 0);
    if (extra > 0) grown.push(`${extra} ${kind}`);
  }
  return grown.join(', ');
}

/**
 * Fails the test when, after all its `t.after` hooks, more servers, sockets, timers or processes are open than at
 * this call. Call it first in the test, and clean up in `t.after`: `afterEach` runs before it on some Nodes and after
 * it on others. It counts for the whole process, so not in tests that run concurrently within one file.
 *
 * From this call on the test's hooks are kept here, and run in the order in which they were registered. Unlike the
 * runner's own, a hook that fails does not keep the later ones from running.
 */
export function expectNoLeaks(t: TestContext, options: LeakOptions = {}): void {
  const before = activeResources();
  const hooks: (() => unknown)[] = [];
  t.after(async () => {
    const failures: unknown[] = [];
    for (const hook of hooks) {
      try {
        await hook();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} clean-up hooks failed`);
    await assertNoneGrown(before, options.graceMs ?? 1_000);
  });
  t.after = ((hook: (context: TestContext) => unknown) => {
    hooks.push(() => hook(t));
  }) as TestContext['after'];
}

/** Yields to the event loop rather than sleeping: what has been closed is usually gone within a few turns. */
async function assertNoneGrown(before: ActiveResources, graceMs: number): Promise<void> {
  const startedAt = performance.now();
  let grown = grownSince(before);
  while (grown !== '' && performance.now() - startedAt < graceMs) {
    await new Promise((resolve) => setImmediate(resolve));
    grown = grownSince(before);
  }
  assert.equal(grown, '', `still open ${graceMs} ms after the test: ${grown}`);
}
