/** A process that hostile peers reach, or a good caller beside them: `node target.ts ROLE PORTS`. */
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { cluster, createClient, createServer } from './package-under-test.js';
import { measure } from './turns.js';

const [role = 'server', given = '0'] = process.argv.slice(2);
/** Pause between two calls of a good caller. Unit: ms */
const PAUSE_MS = 25;

let lines = 0;
function count(): void {
  lines += 1;
}
const logger = { info() {}, warn: count, error: count };
/** Clients that call one hostile server. */
const CLIENTS = 100;
const BIG = 'x'.repeat(64 * 1024);
const HUGE = 'x'.repeat(2 ** 20);
let gathered: Promise<void> | undefined;

/** Resolves for all that wait at once. */
function together(): Promise<void> {
  gathered ??= delay(500).then(() => {
    gathered = undefined;
  });
  return gathered;
}

const services = {
  u: {
    m: {
      echo: (value: unknown) => value,
      big: () => BIG,
      forget: () => new Promise<void>(() => {}),
      together: async () => {
        await together();
        return HUGE;
      },
      slow: () => new Promise<void>((done) => setTimeout(done, 20)),
    },
  },
};

/** Real client of a shared client. */
class Registry {
  ready(then?: () => void): Promise<void> {
    then?.();
    return Promise.resolve();
  }
  async get(value: unknown): Promise<unknown> {
    return value;
  }
  async big(): Promise<string> {
    return BIG;
  }
  /** Values of the data `large` change all the while. */
  subscribe({ dataId }: { dataId?: string }, listener: (value: unknown) => void): void {
    if (dataId === 'large') setInterval(() => listener(BIG), 20);
  }
  publish(): void {}
  on(): void {}
  once(): void {}
  close(): void {}
}

const transport = role.startsWith('ws') ? 'ws' : 'tcp';

/** The same client in three uses: alone, as the one that relays, and as one whose calls are relayed. */
function clientOf(servers: readonly { id: string; port: number }[], share?: number) {
  const client = createClient({ logger, timeout: 5_000, ...(share === undefined ? {} : { share: { port: share } }) });
  client.addProxies([{ namespace: 'u', serverType: 'a' }]);
  client.addServers(servers.map((each) => ({ ...each, serverType: 'a', host: '127.0.0.1', transport })));
  return client;
}

type Call = (server: string) => Promise<unknown>;

/** A Follower of a good Leader, and of a hostile one whose values it wants. */
async function follow([good = 0, hostile = 0]: readonly number[]): Promise<{ port: number; call: Call }> {
  const [shared, other] = [good, hostile].map((port) =>
    cluster(Registry, { port, name: 'registry', logger, isLeader: false }).create(),
  );
  await shared?.ready();
  let heard = 0;
  other?.on('error', count);
  other?.subscribe({ dataId: 'any' }, () => {
    heard += 1;
  });
  return { port: good, call: async () => shared?.get(heard) };
}

/** A client that gets a long list of servers while it calls. */
async function beginWithRoster(): Promise<{ port: number; call: Call }> {
  const [port = '', kind = ''] = given.split(/,(.*)/s);
  const good = { id: 'target', serverType: 'a', host: '127.0.0.1', port: Number(port), transport: 'tcp' as const };
  const client = clientOf([good]);
  await client.start();
  const isOfDuplicates = kind.includes('duplicates');
  const list = Array.from({ length: isOfDuplicates ? 50_000 : 10_000 }, (_, i) =>
    isOfDuplicates ? { ...good } : { ...good, id: `s-${i}`, port: 1 + (i % 60_000) },
  );
  setTimeout(() => client.addServers(list), 1_500);
  return { port: 0, call: (server) => client.proxies.u.a.m.echo.toServer(server, 1) };
}

/** Begins the role. Returns the port, and the call that this process makes on `call`. */
async function begin(): Promise<{ port: number; call?: Call }> {
  if (role === 'server' || role === 'ws') {
    const server = createServer({ id: 'target', serverType: 'a', port: 0, transport, services, logger });
    await server.start();
    return { port: server.port as number };
  }
  if (role === 'cluster') {
    const port = Number(given) || (await freePort());
    const shared = cluster(Registry, { port, name: 'registry', logger }).create();
    await shared.ready();
    return { port, call: async () => shared.get(1) };
  }
  if (role === 'roster') return beginWithRoster();
  const ports = given.split(',').map(Number);
  if (role === 'follower') return follow(ports);
  const client = clientOf(
    ports.slice(0, 2).map((port, index) => ({ id: index === 0 ? 'target' : 'hostile', port })),
    ports[2],
  );
  await client.start();
  // Clients beside, of the hostile server alone, that call all the while.
  for (let i = 0; role === 'clients' && i < CLIENTS; i++) {
    const other = clientOf([{ id: 'hostile', port: ports[1] as number }]);
    await other.start();
    setInterval(() => other.proxies.u.a.m.echo.toServer('hostile', 1).catch(() => {}), 50);
  }
  return { port: ports[2] ?? 0, call: (server) => client.proxies.u.a.m.echo.toServer(server, 1) };
}

/** Calls of a good caller, since the message `begin`. */
const calls = { made: 0, failed: 0, longest: 0, firstFailure: '' };
let isCalling = false;

async function callOnce(call: Call, server: string): Promise<void> {
  const started = performance.now();
  calls.made += 1;
  await call(server).catch((error: Error) => {
    calls.failed += 1;
    calls.firstFailure ||= error.message;
  });
  calls.longest = Math.max(calls.longest, performance.now() - started);
}

async function keepCalling(call: Call, others: boolean): Promise<void> {
  isCalling = true;
  while (isCalling) {
    // Calls to a hostile server fail, and do not count.
    if (others) call('hostile').catch(() => {});
    await callOnce(call, 'target');
    await delay(PAUSE_MS);
  }
}

const report = measure();
const begun = await begin();
process.on('message', async (message: { ask: 'begin' | 'report'; others: boolean }) => {
  if (message.ask === 'begin' && begun.call !== undefined) {
    await callOnce(begun.call, 'target');
    Object.assign(calls, { made: 0, longest: 0 });
    void keepCalling(begun.call, message.others);
  } else {
    isCalling = false;
  }
  process.send?.({ ...report(), ...calls, rss: Math.round(process.memoryUsage.rss() / 2 ** 20), lines });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: begun.port });
