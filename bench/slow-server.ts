/**
 * What one slow server of four costs: `node --import tsx bench/slow-server.ts [--seconds 15] [--rounds 2]`.
 *
 * Four servers work on four calls each at a time, 40 ms a call; one of them takes 400. Calls come at a fixed rate,
 * however many are unanswered (an open loop: callers in a closed one would wait for the slow server, and so hide it), 100
 * a second; the fast servers alone could take three times as many.
 *
 * For each router: first with time enough for every call, then with 320 ms, so that every call to the slow server times
 * out, without ejection and with it. Told are quantiles of the time until a call was settled, calls that failed, and
 * how many calls the slow server was given: medians of the rounds, whose order rotates.
 */

import { parseArgs } from 'node:util';
import { queue } from 'async';
import { createClient, createServer, type RouterName, type Server, type ServerInfo } from '../index.js';
import { describeEnvironment } from './environment.js';
import { formatEnvironment } from './report.js';
import { quantile, spreadOf } from './statistics.js';

const WORK_MS = [400, 40, 40, 40];
const AT_A_TIME = 4;
const TICK_MS = 10;
const CALLS_A_TICK = 1;
/** Nobody waits so long / less than the slow server takes. */
const ENOUGH_MS = 20_000;
const SHORT_MS = 320;
const ROUTERS = ['rr', 'la', 'p2c'] as const satisfies readonly RouterName[];

interface Setup {
  readonly routerType: RouterName;
  readonly timeout: number;
  readonly ejection: boolean;
}

const QUIET = { info() {}, warn() {}, error() {} };

interface Result {
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  readonly toSlow: number;
}

interface Served {
  readonly info: ServerInfo;
  readonly server: Server;
  /** Calls that it was given. */
  count: number;
}

async function serve(workMs: number, index: number): Promise<Served> {
  const work = queue((_: unknown, done: () => void) => void setTimeout(done, workMs), AT_A_TIME);
  const id = `test-${index + 1}`;
  const remote = {
    async work() {
      served.count += 1;
      await work.push(undefined);
    },
  };
  const server = createServer({
    id,
    serverType: 'test',
    port: 0,
    services: { user: { bench: remote } },
    logger: QUIET,
  });
  await server.start();
  const served: Served = { info: { id, serverType: 'test', port: server.port }, server, count: 0 };
  return served;
}

async function run({ routerType, timeout, ejection }: Setup, seconds: number): Promise<Result> {
  const servers = await Promise.all(WORK_MS.map(serve));
  const client = createClient({ routerType, ejection, timeout });
  client.addProxies([{ namespace: 'user', serverType: 'test' }]);
  client.addServers(servers.map(({ info }) => info));
  await client.start();
  const work = client.proxies.user.test.bench.work;
  await work.with({ timeout: 10_000 }).toServer('*');
  for (const server of servers) server.count = 0;

  const times: number[] = [];
  const calls: Promise<void>[] = [];
  let failed = 0;
  const make = async (): Promise<void> => {
    const startedAt = performance.now();
    await work(null).catch(() => {
      failed += 1;
    });
    times.push(performance.now() - startedAt);
  };
  const startedAt = performance.now();
  // By the clock, and not by the number of ticks: a late one brings what it owes.
  while (performance.now() - startedAt < seconds * 1000) {
    const due = ((performance.now() - startedAt) / TICK_MS) * CALLS_A_TICK;
    while (calls.length < due) calls.push(make());
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(calls);
  await client.stop(true);
  await Promise.all(servers.map(({ server }) => server.stop(true)));
  times.sort((a, b) => a - b);
  const toSlow = (100 * (servers[0]?.count ?? 0)) / calls.length;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), failed: (100 * failed) / calls.length, toSlow };
}

const { values } = parseArgs({ options: { seconds: { type: 'string' }, rounds: { type: 'string' } } });
const seconds = Number(values.seconds ?? 15);
const rounds = Number(values.rounds ?? 2);
const setups = [
  ...ROUTERS.map((routerType) => ({ routerType, timeout: ENOUGH_MS, ejection: false })),
  ...ROUTERS.flatMap((routerType) => [false, true].map((ejection) => ({ routerType, timeout: SHORT_MS, ejection }))),
].map((setup) => ({ setup, results: [] as Result[] }));
for (let round = 0; round < rounds; round++) {
  for (let at = 0; at < setups.length; at++) {
    const next = setups[(at + round) % setups.length];
    next?.results.push(await run(next.setup, seconds));
  }
}

function middle(results: readonly Result[], of: keyof Result): number {
  return spreadOf(results.map((result) => result[of])).median;
}

console.log(formatEnvironment(describeEnvironment()));
console.log(`\n${seconds} s each, ${rounds} rounds, ${(CALLS_A_TICK * 1000) / TICK_MS} calls/s\n`);
const HEAD = ['router', 'timeout', 'ejection', 'p50 ms', 'p99 ms', 'failed %', 'to slow %'];
console.log(HEAD.map((text) => text.padStart(11)).join(''));
for (const { setup, results } of setups) {
  const { routerType, timeout, ejection } = setup;
  const numbers = (['p50', 'p99', 'failed', 'toSlow'] as const).map((of) => middle(results, of).toFixed(1));
  const cells = [routerType, String(timeout), ejection ? 'on' : 'off', ...numbers];
  console.log(cells.map((text) => text.padStart(11)).join(''));
}
