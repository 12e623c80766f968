import { EventEmitter } from 'node:events';
import { cluster } from '../../../lib/cluster/cluster.js';
import { type Client, createClient } from '../../../node-client.js';
import { createServer } from '../../../server.js';
import { SECRET } from './secret-peer.js';
import type { Calling, Report, TargetCommand, TargetSetting } from './target.js';
import { numbers, readRows, type StreamRemote, sources, streamingService, streams } from './target-streams.js';

/**
 * The process that is attacked: servers and Leaders at which strangers knock, and clients of hostile servers. The process handles
 * no error of its own: an exception or a rejection without a handler ends the process, which the fuzzer sees.
 */
const CALL_TIMEOUT_MS = 300;
const SHORT = { timeout: CALL_TIMEOUT_MS };
const GOOD_TIMEOUT_MS = 20_000;
/** Time past its deadline after which a call counts as never settled. Unit: ms */
const OVERDUE_MS = 20_000;
const MAX_BYTES = 64 * 1024;

const prototypeNames = Object.getOwnPropertyNames(Object.prototype).join();
const warnings: string[] = [];
let logLines = 0;
const count = (): void => void logLines++;
const logger = { info: count, warn: count, error: count };

process.on('warning', ({ name, message }) => void warnings.push(`${name}: ${message}`));

const service = {
  echo: (...values: unknown[]) => values[0],
  later: (ms: unknown) => new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(Number(ms) || 0, 50)))),
  fail: (value: unknown) =>
    Promise.reject(Object.assign(new TypeError('failed'), { code: 'E_FAIL', value: typeof value })),
  back: (value: unknown, callback: unknown) => typeof callback === 'function' && callback(null, value, 1),
  big: (bytes: unknown) => Buffer.alloc(Math.min(Math.abs(Number(bytes) || 1), MAX_BYTES)),
  ...streamingService,
};

/** The real client of a shared client. */
class Registry extends EventEmitter {
  subscribe(_reg: unknown, listener: (value: unknown) => void): void {
    listener(['a', 'b']);
  }
  publish(): void {}
  async get(key: unknown): Promise<unknown> {
    return key;
  }
  async echo(value: unknown): Promise<unknown> {
    return value;
  }
  async *rows(to: unknown): AsyncGenerator<number> {
    yield* streamingService.rows(to);
  }
  async *endless(): AsyncGenerator<number> {
    yield* streamingService.endless();
  }
}

const report = { settled: 0, goodFailures: [] as string[] };
const unsettled = new Set<{ readonly at: number }>();

async function serve({ doors, places: { shared, sharing }, client }: TargetSetting): Promise<string[]> {
  const urls: string[] = [];
  for (const { id, options, hasSecret } of doors) {
    const server = createServer({
      ...options,
      id,
      serverType: 'test',
      services: { user: { service } },
      ...(hasSecret && { secret: SECRET }),
      logger,
    });
    await server.start();
    urls.push(...server.urls);
  }
  if (shared !== undefined) {
    await cluster(Registry, { ...shared, name: 'registry', logger })
      .create()
      .ready();
  }
  if (sharing !== undefined) {
    await createClient({ ...client, share: sharing, logger }).start();
  }
  return urls;
}

interface Remote {
  with(options: { readonly timeout: number }): Remote;
  toServer(id: string, value: unknown): Promise<unknown>;
}

type Service = { readonly echo: Remote } & StreamRemote;

/** Calls the good server and all hostile ones, round after round, until the process ends. */
async function callHostile({ client: options, good, hostile, places }: Calling): Promise<void> {
  const make = async (
    secret: object,
    servers: readonly { readonly id: string; readonly url: string }[],
  ): Promise<Client> => {
    const client = createClient({ ...options, ...secret, timeout: CALL_TIMEOUT_MS, connectTimeout: 500, logger });
    client.addProxy({ namespace: 'user', serverType: 'test' });
    client.addServers(servers.map(({ id, url }) => ({ id, url, serverType: 'test' })));
    await client.start();
    return client;
  };
  const secretive = hostile.filter(({ hasSecret }) => hasSecret);
  const plain = await make({}, [good, ...hostile.filter((server) => !secretive.includes(server))]);
  const secret = await make({ secret: SECRET }, secretive);
  for (const { id, hasSecret } of hostile) {
    const service = serviceOf(hasSecret ? secret : plain);
    for (let at = 0; at < 3; at++) void loop(5, () => settle(service.echo.toServer(id, { at, id })));
    void loop(5, () => settle(readRows(service.rows.with(SHORT).stream.toServer(id, 9))));
    void loop(5, () => settle(service.read.with({ ...SHORT, stream: numbers() }).toServer(id)));
    void loop(5, () => settle(readRows(service.both.with({ ...SHORT, stream: numbers() }).stream.toServer(id))));
  }
  follow(places, options, good);
  await loop(25, async () => {
    const value = { n: report.settled };
    const { echo, rows } = serviceOf(plain);
    const patient = { timeout: GOOD_TIMEOUT_MS };
    const answers = Promise.all([
      echo.with(patient).toServer(good.id, value),
      readRows(rows.with(patient).stream.toServer(good.id, 20)),
    ]);
    const { error, result } = await settle(answers);
    if (error === undefined && JSON.stringify(result) === JSON.stringify([value, 20])) return;
    if (report.goodFailures.length < 10) report.goodFailures.push(String(error ?? JSON.stringify(result)));
  });
}

/** Follows hostile Leaders of a shared client and of shared mailboxes, and calls through them. */
function follow({ shared, sharing }: Calling['places'], options: Calling['client'], good: Calling['good']): void {
  if (shared !== undefined) {
    const given = { name: 'registry', isLeader: false, responseTimeout: CALL_TIMEOUT_MS, maxWaitTime: CALL_TIMEOUT_MS };
    const client = cluster(Registry, { ...shared, ...given, connectTimeout: 500, logger }).create();
    client.on('error', () => {});
    client.subscribe({ key: 'hosts' }, () => {});
    void loop(5, () => settle(client.echo({ a: [1] })));
    void loop(5, () => settle(readRows(client.rows(9))));
  }
  if (sharing === undefined) return;
  const client = createClient({ ...options, share: { ...sharing, lead: false }, timeout: CALL_TIMEOUT_MS, logger });
  client.addProxy({ namespace: 'user', serverType: 'test' });
  client.addServer({ ...good, serverType: 'test' });
  void client.start().then(() => {
    const { echo, rows } = serviceOf(client);
    void loop(5, () => settle(echo.toServer(good.id, 'through a hostile Leader')));
    void loop(5, () => settle(readRows(rows.with(SHORT).stream.toServer(good.id, 9))));
  });
}

function serviceOf({ proxies }: Client): Service {
  return (proxies as unknown as { user: { test: { service: Service } } }).user.test.service;
}

/** Waits for the end of the call, and counts the calls that have no end. */
async function settle(call: Promise<unknown>): Promise<{ error?: unknown; result?: unknown }> {
  const begun = { at: performance.now() };
  unsettled.add(begun);
  try {
    return { result: await call };
  } catch (error) {
    return { error };
  } finally {
    unsettled.delete(begun);
    report.settled += 1;
  }
}

async function loop(pauseMs: number, step: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await step();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function reportNow(): Report {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const overdue = [...unsettled, ...sources].filter(({ at }) => performance.now() - at > OVERDUE_MS).length;
  const isPolluted = Object.getOwnPropertyNames(Object.prototype).join() !== prototypeNames;
  const sockets = process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe|TLS).*Wrap$/.test(name)).length;
  return {
    type: 'report',
    rss,
    heap: heapUsed + external,
    isPolluted,
    warnings,
    logLines,
    sockets,
    overdue,
    ...streams,
    ...report,
  };
}

process.on('message', async (command: TargetCommand) => {
  if (command.type === 'serve') process.send?.({ type: 'serving', urls: await serve(command) });
  else if (command.type === 'call') void callHostile(command);
  else process.send?.(reportNow());
});

process.send?.({ type: 'ready' });
