import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../bench/free-port.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { Random } from '../fuzz/random.js';
import { check, type Violation } from './checker.js';
import { FaultProxy } from './fault-proxy.js';
import { FAULTS, type FaultKind, Faults } from './faults.js';
import { readHistoryFile } from './history.js';
import type { Bug } from './peer.js';
import { ChaosClient, ChaosServer, Processes } from './processes.js';

export interface RunOptions {
  /** Of the faults and of the load. The same seed gives the same plan; what meets what is up to the machine. */
  readonly seed: number;
  /** Of load and faults; starting and settling come on top. */
  readonly seconds: number;
  /** @default all */
  readonly faults?: readonly FaultKind[];
  /** What servers and clients do wrong on purpose. @default nothing */
  readonly bugs?: readonly Bug[];
  /** @default 2 */
  readonly clients?: number;
}

export interface RunReport {
  readonly seed: number;
  readonly calls: number;
  readonly executions: number;
  /** How calls ended: `answered`, or the code and the delivery of their error. */
  readonly endings: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly violations: readonly Violation[];
  /** Where the history is; it is removed where nothing was found. */
  readonly folder: string;
}

/** One id with a standby, behind a proxy; one over WebSocket, behind a proxy; a busy one that is called directly. */
const SERVERS = [
  { id: 'a', processes: 2, hasProxy: true, transport: 'tcp', isBusy: false },
  { id: 'b', processes: 1, hasProxy: true, transport: 'ws', isBusy: false },
  { id: 'c', processes: 1, hasProxy: false, transport: 'tcp', isBusy: true },
] as const;

/** Load and faults for some seconds, the end of all of it, and what the checker finds. */
export async function run({
  seed,
  seconds,
  faults: kinds = FAULTS,
  bugs = [],
  clients: count = 2,
}: RunOptions): Promise<RunReport> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), `mailstation-chaos-${seed}-`));
  const processes = new Processes(folder, bugs, kinds.length > 0);
  const proxies: FaultProxy[] = [];
  const servers: ChaosServer[] = [];
  const roster: ServerInfo[] = [];
  const killedClients: string[] = [];
  try {
    for (const { id, processes: lives, hasProxy, transport, isBusy } of SERVERS) {
      const port = await freePort();
      let entry = port;
      if (hasProxy) {
        const proxy = await FaultProxy.start(port, new Random(random.below(2 ** 31)));
        proxies.push(proxy);
        entry = proxy.port;
      }
      roster.push({ id, serverType: 'test', transport, port: entry, direct: port });
      for (let i = 0; i < lives; i++)
        servers.push(new ChaosServer(processes, { id, port, transport, isBusy, standby: lives > 1 }));
    }
    await Promise.all(servers.map((server) => server.start()));
    const clients = Array.from({ length: count }, () => new ChaosClient(processes, random.below(2 ** 31), roster));
    await Promise.all(clients.map((client) => client.start()));

    const faults = new Faults({ random, servers, clients, proxies, roster, killedClients });
    await faults.inject(seconds * 1_000, kinds);
    await sleep(20);
    await Promise.all(clients.map((client) => client.finish()));
    await Promise.all(servers.map((server) => server.stop()));
    return report(seed, folder, faults.counts, killedClients);
  } finally {
    await processes.end();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}

function report(
  seed: number,
  folder: string,
  faults: ReadonlyMap<FaultKind, number>,
  killedClients: readonly string[],
): RunReport {
  const records = readdirSync(folder).flatMap((name) => readHistoryFile(join(folder, name)));
  const violations = check({ records, killedClients });
  const endings = new Map<string, number>();
  for (const record of records) {
    if (record.type !== 'settled') continue;
    const ending = record.error === undefined ? 'answered' : `${record.error.code} ${record.error.delivery}`;
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  const count = (type: string): number => records.filter((record) => record.type === type).length;
  if (violations.length === 0) rmSync(folder, { recursive: true });
  return { seed, calls: count('made'), executions: count('executed'), endings, faults, violations, folder };
}
