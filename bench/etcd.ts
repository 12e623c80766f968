/**
 * Times the engine on etcd with a real etcd on loopback, and prints medians and maxima:
 *
 *     node --import tsx bench/etcd.ts
 *
 * Register: as many leases and commits as there are servers, 50 at a time. List: all of them, parsed. Watch: one commit, seen by the last
 * of 20 engines, each with a connection of its own. Back: 100 engines after a restart of etcd. Idle: one process with a lease and a watch.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EtcdEngine } from '../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../lib/registry/etcd/etcd-options.js';
import { etcdVersion } from '../test/support/etcd/etcd-binary.js';
import { EtcdCluster } from '../test/support/etcd/etcd-cluster.js';

const SERVERS = 500;
const AT_ONCE = 50;
const WATCHERS = 20;
const CLIENTS = 100;
const ROUNDS = 50;
const IDLE_MS = 20_000;
const RECORD = JSON.stringify({
  id: 'chat-1',
  serverType: 'chat',
  url: 'tcp://10.0.0.5:3333',
  state: 'ready',
  ttl: 10_000,
});

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

async function register(one: EtcdEngine): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < SERVERS) {
      const key = `nodes/chat/chat-${next++}`;
      const lease = await one.lease(60_000);
      await one.commit([{ key, created: 0 }], [{ type: 'put', key, value: RECORD, lease }]);
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
}

async function back(): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, engine);
  await Promise.all(clients.map(listed));
  await cluster.node.kill();
  await cluster.node.start().ready;
  const times: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      await listed(client);
      times.push(performance.now() - startedAt);
    }),
  );
  report(`${CLIENTS} clients back with their lists after etcd was ready again`, times);
}

async function idle(): Promise<void> {
  const child = fork(fileURLToPath(new URL('./etcd-idle.ts', import.meta.url)), [...cluster.urls, String(IDLE_MS)]);
  const [{ cpuMs, rssMb, port }] = (await once(child, 'message')) as [{ cpuMs: number; rssMb: number; port: string }];
  console.log(
    `idle for ${IDLE_MS / 1_000} s with a lease and a watch: ${cpuMs.toFixed(0)} ms of CPU, ${rssMb.toFixed(0)} MB`,
  );
  const sockets = execFileSync('ss', ['-Htnp', 'state', 'established'], { encoding: 'utf8' });
  const own = sockets.split('\n').filter((line) => line.includes(`pid=${child.pid},`) && line.includes(`:${port}`));
  console.log(`connections of that process to etcd: ${own.length}`);
  child.kill();
}

try {
  console.log(`etcd ${etcdVersion()}, Node ${process.version}`);
  const first = engine();
  await listed(first);
  console.log(`register ${SERVERS}, ${AT_ONCE} at a time: ${(await timed(() => register(first))).toFixed(0)} ms`);
  await list(first);
  await watch(first);
  await back();
  await idle();
} finally {
  await Promise.all(engines.map((one) => one.close()));
  await cluster.end();
}
