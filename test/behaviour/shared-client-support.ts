import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { TestContext } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import type { ClientClass } from '../../lib/cluster/delegates.js';
import type { ClusterOptions } from '../../lib/cluster/options.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { keptLog, unusedPort } from './support.js';

type Listener = (value: unknown) => void;

/** A real client: a registry whose users publish and subscribe to lists of hosts. */
export class Registry extends EventEmitter {
  /** Of all processes' ends this is the only one that is made; the latest in this process. */
  static latest: Registry | undefined;
  readonly args: unknown[];
  readonly published: unknown[] = [];
  readonly told: string[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(...args: unknown[]) {
    super();
    this.args = args;
    Registry.latest = this;
  }

  subscribe(reg: { id: string }, listener: Listener): void {
    this.told.push(`subscribe ${reg.id}`);
    const listeners = this.#listeners.get(reg.id) ?? new Set();
    this.#listeners.set(reg.id, listeners.add(listener));
  }

  unSubscribe(reg: { id: string }, listener: Listener): void {
    this.told.push(`unSubscribe ${reg.id}`);
    this.#listeners.get(reg.id)?.delete(listener);
  }

  publish(reg: { id: string; value: unknown }): void {
    this.published.push(reg);
    this.give(reg.id, reg.value);
  }

  give(id: string, value: unknown): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(value);
  }

  async get(key: string): Promise<unknown> {
    return { key, from: process.pid };
  }

  async echo(value: unknown): Promise<unknown> {
    return value;
  }

  /** Is never answered. */
  async never(): Promise<never> {
    this.emit('called');
    return new Promise(() => {});
  }

  async fail(message: string): Promise<never> {
    throw Object.assign(new TypeError(message), { code: 'E_FAILED' });
  }

  throws(): never {
    throw new Error('thrown at once');
  }

  later(value: unknown, callback: (error: Error | null, ...results: unknown[]) => void): void {
    setImmediate(() => callback(value === 'bad' ? new Error('by callback') : null, value, 'more'));
  }

  *generate(value: unknown): Generator<unknown, unknown> {
    return [value, yield Promise.resolve('yielded')];
  }

  note(what: string): void {
    this.told.push(what);
  }

  async reject(): Promise<never> {
    throw new Error('rejected, and nobody waits');
  }

  async close(): Promise<void> {
    this.told.push('close');
  }
}

/** What a test's shared clients say without being asked. */
interface Heard {
  readonly log: string[];
  readonly errors: unknown[];
}

export interface SharedWorld extends Heard {
  readonly port: number;
  readonly options: ClusterOptions;
  /** Another client of the class, in this process: the first leads. */
  join<C extends ClientClass>(clientClass: C, more?: Joining<C>): Joined<C>;
}

export interface Joining<C extends ClientClass> {
  options?: ClusterOptions;
  args?: ConstructorParameters<C>;
  build?: (builder: ReturnType<typeof cluster<C>>) => unknown;
}
type Joined<C extends ClientClass> = ReturnType<ReturnType<typeof cluster<C>>['create']>;

/** Clients on a port of the test's own, closed with it; they must leave nothing open. */
export async function sharedWorld(t: TestContext, given: ClusterOptions = {}): Promise<SharedWorld> {
  expectNoLeaks(t);
  const port = await unusedPort(t);
  const { logger, lines } = keptLog();
  const options: ClusterOptions = { port, logger, responseTimeout: 10_000, ...given };
  const errors: unknown[] = [];
  const clients: object[] = [];
  t.after(() => Promise.allSettled(clients.map((client) => cluster.close(client))));
  return {
    port,
    options,
    log: lines,
    errors,
    join<C extends ClientClass>(clientClass: C, more: Joining<C> = {}) {
      const builder = cluster(clientClass, { ...options, ...more.options });
      more.build?.(builder);
      const client = builder.create(...((more.args ?? []) as ConstructorParameters<C>));
      client.on('error', (error) => errors.push(error));
      clients.push(client);
      return client as Joined<C>;
    },
  };
}

/** The first leads, and the others follow it. */
export async function joinAll(world: SharedWorld, count: number, more: Joining<typeof Registry> = {}) {
  const all: Joined<typeof Registry>[] = [];
  for (let n = 0; n < count; n++) {
    const client = world.join(Registry, more);
    await client.ready();
    all.push(client);
  }
  assert.deepEqual(
    all.map(({ isClusterClientLeader }) => isClusterClientLeader),
    all.map((_, n) => n === 0),
  );
  return all;
}

/** Subscribes, and keeps what comes. */
export function collect(
  client: { subscribe(reg: { id: string }, listener: Listener): unknown },
  id: string,
): unknown[] {
  const values: unknown[] = [];
  client.subscribe({ id }, (value) => values.push(value));
  return values;
}

/** The real client is subscribed to the key: what it gives now arrives. */
export function subscribed(id: string): Promise<unknown> {
  return until(() => Registry.latest?.told.includes(`subscribe ${id}`), { what: `the subscription of ${id}` });
}
