import type { TestContext } from 'node:test';
import type { RpcError } from '../../../lib/errors.js';
import { type Clock, systemClock } from '../../../lib/registry/clock.js';
import { EngineRegistry } from '../../../lib/registry/engine-registry.js';
import { MemoryEngine } from '../../../lib/registry/memory/memory-engine.js';
import type { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import type { RegisteredServer, Registration } from '../../../lib/registry/registry.js';
import { keptLog } from '../../behaviour/support.js';
import { until } from '../../support/until.js';
import { type KeptFollower, keptFollower } from './follower.js';

/** Time of the leases, far below the range of users. Unit: ms */
export const TTL = 600;

export const CHAT_1: RegisteredServer = { id: 'chat-1', serverType: 'chat', url: 'tcp://10.0.0.5:3333' };

export interface Machine {
  readonly registry: EngineRegistry;
  /** The engine of the registry that was opened last. */
  engine(): MemoryEngine;
  readonly opened: readonly MemoryEngine[];
}

/** A registry on the store, as the program of one machine has it. */
export function machineOn(
  store: MemoryStore,
  options: { ttl?: number; maxServers?: number; isLocal?: boolean; clock?: Clock } = {},
): Machine {
  const opened: MemoryEngine[] = [];
  const { isLocal = true, ttl = TTL, maxServers = 100, clock = systemClock } = options;
  const registry = new EngineRegistry({
    description: 'the registry of the test',
    open: () => {
      const engine = new MemoryEngine(store, clock);
      opened.push(engine);
      return engine;
    },
    isLocal,
    options: { ttl, maxServers },
  });
  const engine = (): MemoryEngine => {
    const last = opened.at(-1);
    if (last === undefined) throw new Error('no engine was opened');
    return last;
  };
  return { registry, engine, opened };
}

export interface Registered {
  readonly registration: Registration;
  readonly lines: string[];
  readonly errors: RpcError[];
}

/** Prepares a registration, which leaves at the end of the test. */
export function registrationOn(
  t: Pick<TestContext, 'after'>,
  { registry }: Machine,
  server: Partial<RegisteredServer> = {},
): Registered {
  const { logger, lines } = keptLog();
  const errors: RpcError[] = [];
  const registration = registry.registration(
    { ...CHAT_1, ...server },
    { logger, onError: (error) => void errors.push(error) },
  );
  t.after(() => registration.leave());
  return { registration, lines, errors };
}

export function followOn(t: Pick<TestContext, 'after'>, { registry }: Machine): KeptFollower {
  const follower = keptFollower();
  const following = registry.follow(follower);
  t.after(() => following.close());
  return follower;
}

/** Ids of the records in the store, those that drain with a mark. */
export function recordsIn(store: MemoryStore): string[] {
  return store.list('nodes/').entries.map(({ value }) => {
    const { id, state } = JSON.parse(value) as { id: string; state: string };
    return state === 'ready' ? id : `${id} ${state}`;
  });
}

export function untilRecords(store: MemoryStore, wanted: readonly string[]): Promise<unknown> {
  const isThere = (): boolean => JSON.stringify(recordsIn(store)) === JSON.stringify(wanted);
  return until(isThere, { what: `the records ${wanted.join()}` });
}
