/**
 * Times the registry on etcd with a real etcd on loopback, and prints medians and maxima: `npm run bench:etcd`.
 *
 * Register: as many leases and commits as there are servers, 50 at a time. List: all of them, parsed. Watch: one commit, seen by the last
 * of 20 engines, each with a connection of its own. Back: the rosters of 100 clients, each with a connection of its own, after a restart of
 * etcd; the clients are in one process, whose one thread connects and lists 100 times. Idle: one process with a lease and a watch. Machines: processes that share the connection of their machine.
 *
 * Everything runs on one machine, etcd included: beside other work, the figures are those of the waiting for a processor.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { etcd } from '../etcd.js';
import { quietLogger } from '../lib/diagnostics.js';
import { EtcdEngine } from '../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../lib/registry/etcd/etcd-options.js';
import type { RosterList } from '../lib/registry/roster-source.js';
import { connectionsTo } from '../test/support/connections.js';
import { etcdVersion } from '../test/support/etcd/etcd-binary.js';
import { EtcdCluster } from '../test/support/etcd/etcd-cluster.js';
import { until } from '../test/support/until.js';

const SERVERS = 500;
const AT_ONCE = 50;
const WATCHERS = 20;
const CLIENTS = 100;
const ROUNDS = 50;
const IDLE_MS = 20_000;
const MACHINES = 4;
const WORKERS = 8;

const cluster = await EtcdCluster.start();
const options = checkEtcdOptions({ hosts: cluster.urls, namespace: 'bench' });
const engines: EtcdEngine[] = [];

function engine(): EtcdEngine {
  const made = new EtcdEngine(options);
  engines.push(made);
  return made;
}

function report(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((one, other) => one - other);
  const ms = (value: number | undefined): string => `${(value ?? 0).toFixed(1)} ms`;
  console.log(`${what}: median ${ms(sorted[sorted.length >> 1])}, max ${ms(sorted.at(-1))} (${sorted.length})`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function listed(one: EtcdEngine) {
  for (;;) {
    const list = await one.list('nodes/').catch(() => undefined);
    if (list !== undefined) return list;
  }
}

function recordOf(id: string): string {
  const place = { url: 'tcp://10.0.0.5:3333', machine: 'north', version: '1', started: 0 };
  return JSON.stringify({ v: 1, id, serverType: 'chat', ...place, state: 'ready', instance: id, ttl: 60_000 });
}

async function register(one: EtcdEngine): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < SERVERS) {
      const id = `chat-${next++}`;
      const key = `nodes/chat/${id}`;
      const lease = await one.lease(60_000);
      await one.commit([{ key, created: 0 }], [{ type: 'put', key, value: recordOf(id), lease }]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function list(one: EtcdEngine): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(() => one.list('nodes/')));
  report(`list of ${SERVERS}`, times);
}

async function watch(writer: EtcdEngine): Promise<void> {
  const watchers = Array.from({ length: WATCHERS }, engine);
  let seen = 0;
  let all: () => void = () => {};
  for (const one of watchers) {
    one.watch('seen', await listed(one), () => {
      seen += 1;
      if (seen === WATCHERS) all();
    });
  }
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    seen = 0;
    const last = new Promise<void>((resolve) => {
      all = resolve;
    });
    await writer.commit([], [{ type: 'put', key: 'seen', value: String(round) }]);
    times.push(await timed(() => last));
  }
  report(`commit answered until the last of ${WATCHERS} watchers has seen it`, times);
  await Promise.all(watchers.map((one) => one.close()));
}

/** A client, as far as its roster is concerned. */
class Client {
  readonly #following: { close(): void };
  #list: RosterList | undefined;
  #onList = (): void => {};

  constructor() {
    const registry = etcd({ hosts: cluster.urls, namespace: 'bench' });
    const onList = (given: RosterList): void => {
      this.#list = given;
      this.#onList();
    };
    this.#following = registry.follow({ logger: { ...quietLogger, warn: () => {} }, onList, onFailure: () => {} });
  }

  get ids(): string[] {
    return (this.#list?.servers ?? []).map(({ id }) => id).sort();
  }

  /** Resolves with the next list. */
  listed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onList = resolve;
    });
  }

  close(): void {
    this.#following.close();
  }
}

async function back(one: EtcdEngine): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => new Client());
  await Promise.all(clients.map((client) => client.listed()));
  await cluster.node.kill();
  const times: number[] = [];
  let readyAt = Number.POSITIVE_INFINITY;
  const all = clients.map(async (client) => {
    await client.listed();
    times.push(Math.max(0, performance.now() - readyAt));
  });
  await cluster.node.start().ready;
  readyAt = performance.now();
  const before = performance.eventLoopUtilization();
  await Promise.all(all);
  const { utilization } = performance.eventLoopUtilization(before);
  report(`${CLIENTS} clients back with ${SERVERS} servers each, after etcd was ready again`, times);
  const ids = (await listed(one)).entries.map(({ key }) => key.slice('nodes/chat/'.length)).sort();
  const equal = clients.filter((client) => isDeepStrictEqual(client.ids, ids)).length;
  console.log(
    `  the one process of all ${CLIENTS} was busy for ${(100 * utilization).toFixed(0)} % of the time from then on`,
  );
  console.log(`rosters equal to that of etcd: ${equal} of ${CLIENTS}`);
  for (const client of clients) client.close();
}

async function idle(): Promise<void> {
  const child = fork(new URL('./etcd-idle.ts', import.meta.url), [...cluster.urls, String(IDLE_MS)]);
  const [{ cpuMs, rssMb }] = (await once(child, 'message')) as [{ cpuMs: number; rssMb: number }];
  const connections = connectionsTo(cluster.node.port, [child.pid]).get(child.pid ?? 0);
  console.log(
    `idle for ${IDLE_MS / 1_000} s with a lease and a watch: ${cpuMs.toFixed(0)} ms of CPU, ${rssMb.toFixed(0)} MB, ${connections} connection`,
  );
  child.kill();
}

async function machines(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-bench-'));
  const workers: ChildProcess[] = [];
  const seen = new Map<ChildProcess, number>();
  for (let machine = 0; machine < MACHINES; machine++) {
    for (let at = 0; at < WORKERS; at++) {
      const worker = fork(new URL('./etcd-worker.ts', import.meta.url), [
        ...[...cluster.urls, join(folder, `machine-${machine}`), `chat-${machine}-${at}`],
      ]);
      worker.on('message', (message) => seen.set(worker, (message as { servers: number }).servers));
      workers.push(worker);
    }
  }
  try {
    const all = MACHINES * WORKERS;
    const sees = (): boolean => workers.every((worker) => seen.get(worker) === all);
    await until(sees, { what: `all ${all} workers to see all ${all} servers`, timeoutMs: 120_000 });
    const counts = connectionsTo(
      cluster.node.port,
      workers.map(({ pid }) => pid),
    );
    const sum = [...counts.values()].reduce((total, count) => total + count, 0);
    console.log(
      `connections to etcd of ${MACHINES} machines with ${WORKERS} processes each, counted by the system: ${sum}`,
    );
  } finally {
    const gone = workers.map((worker) => once(worker, 'exit'));
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(gone);
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  console.log(`etcd ${etcdVersion()}, Node ${process.version}, load of the last minute ${loadavg()[0]?.toFixed(1)}`);
  const first = engine();
  await listed(first);
  console.log(`register ${SERVERS}, ${AT_ONCE} at a time: ${(await timed(() => register(first))).toFixed(0)} ms`);
  await list(first);
  await watch(first);
  await back(first);
  await idle();
  await machines();
} finally {
  await Promise.all(engines.map((one) => one.close()));
  await cluster.end();
}
