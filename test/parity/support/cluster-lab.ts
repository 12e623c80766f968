import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cluster } from '../../../index.js';
import type { Any } from '../../../proxy/index.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { inProcess } from './lab.js';

/** Of `cluster()`, cluster-client's or ours, used by the names that both have: nothing is known of its types. */
export interface ClusterLab {
  readonly name: 'mailstation' | 'cluster-client';
  readonly cluster: Any;
  readonly quiet: object;
  readonly EventEmitter: typeof EventEmitter;
  port(): Promise<number>;
  share(Class: Any, options: object, build?: (builder: Any) => Any): Any;
  pair(Class: Any, options?: object, build?: (builder: Any) => Any): Promise<{ leader: Any; follower: Any }>;
  failure(promise: Promise<unknown>): Promise<{ value?: unknown; name?: string; message?: string; code?: string }>;
  until(probe: () => unknown, what: string): Promise<void>;
  close(): Promise<void>;
}

const { createClusterLab } = createRequire(import.meta.url)('../fixtures/cluster-lab.cjs') as {
  createClusterLab(name: string, lib: unknown): ClusterLab;
};
const STOCK = fileURLToPath(new URL('../fixtures/cluster-client.cjs', import.meta.url));

/** A lab of mailstation in this process; all that it opens is closed, and seen to be closed, when the test is over. */
export function ourClusterLab(t: TestContext): ClusterLab {
  expectNoLeaks(t);
  const lab = createClusterLab('mailstation', cluster);
  t.after(() => lab.close());
  return lab;
}

/** What the scenario gives with mailstation, and with cluster-client. Uses nothing from outside itself: its source is sent. */
export async function bothClusters<T>(
  t: TestContext,
  scenario: (lab: ClusterLab) => Promise<T>,
): Promise<{ ours: T; theirs: T }> {
  const [ours, theirs] = await Promise.all([
    scenario(ourClusterLab(t)),
    inProcess<T>(t, STOCK, 'cluster-client', scenario.toString()),
  ]);
  return { ours, theirs };
}
