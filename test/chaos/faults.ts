import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerInfo } from '../../lib/server-info.js';
import { Random } from '../fuzz/random.js';
import type { FaultProxy, ProxyMode } from './fault-proxy.js';
import type { ChaosClient, ChaosServer } from './processes.js';

/** What may be done, and how often each is chosen beside the others. */
const WEIGHTS = {
  'kill a server': 4,
  'stop a server': 3,
  'freeze a server': 4,
  'kill a client': 1,
  'stop a client': 1,
  'freeze a client': 2,
  'cut connections': 5,
  'delay bytes': 3,
  'split bytes': 3,
  'stall a link': 3,
  'fill the queues': 4,
  'change the roster': 3,
  'jump the clocks': 2,
} as const;
export type FaultKind = keyof typeof WEIGHTS;
export const FAULTS = Object.keys(WEIGHTS) as FaultKind[];

/** Calls of one tick: more than `pendingSize` and `maxInFlight` take. */
const BURST = 400;
const CHURN_MS = 50;
const CHURNS = 8;

export interface FaultTargets {
  readonly random: Random;
  readonly servers: readonly ChaosServer[];
  readonly clients: readonly ChaosClient[];
  readonly proxies: readonly FaultProxy[];
  /** Each with `direct`, the port behind its proxy. */
  readonly roster: readonly ServerInfo[];
  /** Names of clients that were killed are added here. */
  readonly killedClients: string[];
}

/** Does one fault after the other, several at the same time, and undoes each. */
export class Faults {
  readonly #targets: FaultTargets;
  readonly #counts = new Map<FaultKind, number>();

  constructor(targets: FaultTargets) {
    this.#targets = targets;
  }

  /** How many were done, by kind. */
  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts;
  }

  /** Resolves when the time is over and the last fault has been undone. */
  async inject(ms: number, kinds: readonly FaultKind[]): Promise<void> {
    const { random } = this.#targets;
    const choices = kinds.flatMap((kind) => Array.from({ length: WEIGHTS[kind] }, () => kind));
    const endAt = performance.now() + ms;
    const doing: Promise<void>[] = [];
    while (performance.now() < endAt) {
      await sleep(Math.min(40 + random.below(160), Math.max(1, endAt - performance.now())));
      if (choices.length === 0) continue;
      const kind = random.pick(choices);
      const fault = this.#do(kind, new Random(random.below(2 ** 31)));
      if (fault === undefined) continue;
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      doing.push(fault);
    }
    await Promise.all(doing);
  }

  /** Undefined: it cannot be done now. */
  #do(kind: FaultKind, random: Random): Promise<void> | undefined {
    const { servers, clients, proxies, killedClients } = this.#targets;
    switch (kind) {
      case 'kill a server':
        return this.#to(random, servers, async (server) => {
          await server.kill();
          await sleep(random.below(400));
          await server.start();
        });
      case 'stop a server':
        return this.#to(random, servers, async (server) => {
          await server.stop();
          await sleep(random.below(200));
          await server.start();
        });
      case 'freeze a server':
        return this.#to(random, servers, (server) => frozen(server, 30 + random.below(1_200)));
      case 'kill a client':
        return this.#to(random, clients, async (client) => {
          killedClients.push(client.name);
          await client.kill();
          await client.start();
        });
      case 'stop a client':
        return this.#to(random, clients, async (client) => {
          await client.stop(random.oneIn(2));
          await client.start();
        });
      case 'freeze a client':
        return this.#to(random, clients, (client) => frozen(client, 30 + random.below(600)));
      case 'cut connections':
        return random.pick(proxies).cut() > 0 ? Promise.resolve() : undefined;
      case 'delay bytes':
        return this.#inMode('delay', random);
      case 'split bytes':
        return this.#inMode('split', random);
      case 'stall a link':
        return this.#inMode('stall', random);
      case 'fill the queues':
        return this.#to(random, clients, async (client) => client.tell({ type: 'burst', count: BURST }));
      case 'change the roster':
        return this.#to(random, clients, (client) => this.#churn(client, random));
      case 'jump the clocks':
        for (const process of [...servers, ...clients]) process.tell({ type: 'clock', ms: random.below(4e9) - 2e9 });
        return Promise.resolve();
    }
  }

  #to<T extends { isBusy: boolean }>(
    random: Random,
    all: readonly T[],
    fault: (one: T) => Promise<void>,
  ): Promise<void> | undefined {
    const one = random.pick(all);
    if (one.isBusy) return undefined;
    one.isBusy = true;
    return fault(one).finally(() => {
      one.isBusy = false;
    });
  }

  #inMode(mode: ProxyMode, random: Random): Promise<void> | undefined {
    const { proxies } = this.#targets;
    const proxy = random.pick(proxies);
    if (proxy.mode !== 'clean') return undefined;
    proxy.setMode(mode);
    return sleep(100 + random.below(900)).then(() => proxy.setMode('clean'));
  }

  /** Servers come and go, and move between their proxy's address and their own. */
  async #churn(client: ChaosClient, random: Random): Promise<void> {
    const { roster } = this.#targets;
    for (let i = 0; i < CHURNS; i++) {
      const some = roster.filter(() => !random.oneIn(3));
      const moved = some.map((server) => (random.oneIn(3) ? { ...server, port: server['direct'] as number } : server));
      client.tell({ type: 'servers', servers: moved.length > 0 ? moved : roster.slice(0, 1) });
      await sleep(CHURN_MS);
    }
    client.tell({ type: 'servers', servers: roster });
  }
}

async function frozen(one: ChaosClient | ChaosServer, ms: number): Promise<void> {
  one.freeze();
  await sleep(ms);
  one.thaw();
}
