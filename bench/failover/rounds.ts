import { createClient, type RpcError } from '../../index.js';
import { freePort } from '../free-port.js';
import { Fleet, type ServerProcess } from './fleet.js';
import { Load, type MadeCall } from './load.js';
import type { Answer } from './server-process.js';

/** How long a server takes for each call: long enough that something is always in flight. */
const WORK_MS = 2;
const LOAD = { callers: 24, thinkMs: 3 };
/** Under load before anything is done to it. */
const QUIET_MS = 300;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A span of time on the clock of `performance.now()`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One handing over from a server to the next. Times are ms from the kill, or from the word to stop. */
interface HandOver {
  /** To the first call that was lost; undefined where none was. What comes before it is the system's ending a process. */
  readonly firstLostMs: number | undefined;
  /** To the first answer of the next one. */
  readonly firstAnswerMs: number;
  /** From the last answer of the old one to the first of the next; negative where both answered for a while. */
  readonly gapMs: number;
  /** Of those that were in flight then, and settled with an answer of the old one. */
  readonly answeredByOld: number;
}

export interface Outcome {
  readonly calls: readonly MadeCall[];
  /** Nothing was done to a server. */
  readonly quiet: readonly Span[];
  /** Something was. */
  readonly busy: readonly Span[];
  readonly handOvers: readonly HandOver[];
}

interface Setting {
  readonly fleet: Fleet;
  readonly load: Load;
  readonly client: ReturnType<typeof createClient>;
}

/** Resolves in a moment in which calls are in flight, with these. */
async function someInFlight(load: Load): Promise<readonly MadeCall[]> {
  for (;;) {
    const inFlight = load.calls.filter(({ settled }) => settled === 0);
    if (inFlight.length > 0) return inFlight;
    await sleep(1);
  }
}

/** Runs `scenario` under load and ends all that it has started, whatever becomes of it. */
async function underLoad<T>(
  servers: readonly { id: string; port: number }[],
  scenario: (setting: Setting) => Promise<T>,
): Promise<T & { calls: readonly MadeCall[] }> {
  const fleet = new Fleet();
  const client = createClient({ timeout: 30_000, router: 'rr' });
  client.addProxy({ namespace: 'user', serverType: 'test' });
  client.addServers(servers.map((server) => ({ ...server, serverType: 'test' })));
  await client.start();
  const load = new Load((token, settle) => {
    client.proxies.user.test.service.work(null, token, WORK_MS, (error: RpcError | null, answer?: Answer) =>
      settle(error, answer),
    );
  }, LOAD);
  try {
    const found = await scenario({ fleet, load, client });
    await load.stop();
    return { ...found, calls: load.calls };
  } finally {
    await client.stop(true);
    await fleet.end();
  }
}

/** `rounds` times the leading one of two servers ends, and a new one comes to stand by. */
async function handOvers(rounds: number, end: (leader: ServerProcess) => Promise<void>): Promise<Outcome> {
  const server = { id: 'test-1', port: await freePort() };
  return underLoad([server], async ({ fleet, load }) => {
    const found: HandOver[] = [];
    const quiet: Span[] = [];
    const busy: Span[] = [];
    const setting = { ...server, standby: true };
    let leader = await fleet.start(setting);
    load.start();
    for (let round = 0; round < rounds; round++) {
      const standby = await fleet.start(setting);
      const from = performance.now();
      await sleep(QUIET_MS);
      const inFlight = await someInFlight(load);
      const at = performance.now();
      quiet.push({ from, to: at });
      const next = load.next(({ pid }) => pid === standby.pid, 'answer of the next server');
      const ended = end(leader);
      const { settledAt } = await next;
      await ended;
      const old = leader.pid;
      const lastOfOld = Math.max(...load.calls.filter(({ pid }) => pid === old).map((call) => call.settledAt));
      const lost = inFlight.filter(({ error }) => error !== undefined).map((call) => call.settledAt - at);
      found.push({
        firstLostMs: lost.length > 0 ? Math.min(...lost) : undefined,
        firstAnswerMs: settledAt - at,
        gapMs: settledAt - lastOfOld,
        answeredByOld: inFlight.filter(({ pid }) => pid === old).length,
      });
      busy.push({ from: at, to: performance.now() });
      leader = standby;
    }
    return { handOvers: found, quiet, busy };
  });
}

export function takeovers(rounds: number): Promise<Outcome> {
  return handOvers(rounds, (leader) => leader.kill());
}

export function plannedStops(rounds: number): Promise<Outcome> {
  return handOvers(rounds, (leader) => leader.stop());
}

async function rolling(
  { load }: Setting,
  servers: ServerProcess[],
  restart: (server: ServerProcess) => Promise<ServerProcess>,
): Promise<Omit<Outcome, 'calls'>> {
  load.start();
  await load.next(({ pid }) => pid !== undefined, 'first answer');
  const from = performance.now();
  await sleep(2 * QUIET_MS);
  const quiet = [{ from, to: performance.now() }];
  const busy: Span[] = [];
  for (const server of servers) {
    const from = performance.now();
    const next = await restart(server);
    await load.next(({ pid }) => pid === next.pid || next.setting.standby, 'answer of a restarted server');
    busy.push({ from, to: performance.now() });
    await sleep(QUIET_MS / 2);
  }
  return { quiet, busy, handOvers: [] };
}

async function threeIds(): Promise<{ id: string; port: number }[]> {
  const servers: { id: string; port: number }[] = [];
  for (const id of ['test-1', 'test-2', 'test-3']) servers.push({ id, port: await freePort() });
  return servers;
}

/** Three servers with an id each, stopped and started anew one after the other; `aside`: out of the roster meanwhile. */
export async function rollingIds({ aside }: { aside: boolean }): Promise<Outcome> {
  const infos = await threeIds();
  return underLoad(infos, async (setting) => {
    const { fleet, client } = setting;
    const servers = await Promise.all(infos.map((info) => fleet.start({ ...info, standby: false })));
    return rolling(setting, servers, async (server) => {
      const { id, port } = server.setting;
      if (aside) client.removeServer(id);
      await server.stop();
      const next = await fleet.start(server.setting);
      if (aside) client.addServer({ id, port, serverType: 'test' });
      return next;
    });
  });
}

/** Three processes that run one id: each is stopped and started anew, the leading one or one that stands by. */
export async function rollingStandbys(): Promise<Outcome> {
  const info = { id: 'test-1', port: await freePort() };
  return underLoad([info], async (setting) => {
    const { fleet } = setting;
    const servers = await Promise.all([1, 2, 3].map(() => fleet.start({ ...info, standby: true })));
    return rolling(setting, servers, async (server) => {
      await server.stop();
      return fleet.start(server.setting);
    });
  });
}

/** The server is away for `outageMs`, and comes back at the same address. */
export async function outage(outageMs: number): Promise<Outcome> {
  const info = { id: 'test-1', port: await freePort() };
  return underLoad([info], async ({ fleet, load }) => {
    const setting = { ...info, standby: false };
    const server = await fleet.start(setting);
    load.start();
    const from = performance.now();
    await sleep(QUIET_MS);
    const at = performance.now();
    await server.stop();
    await sleep(outageMs);
    const next = fleet.start(setting);
    const first = load.next(() => true, 'answer after the outage');
    const { pid } = await next;
    const readyAt = performance.now();
    const { settledAt } = await first;
    const back = {
      firstLostMs: undefined,
      firstAnswerMs: settledAt - readyAt,
      gapMs: settledAt - at,
      answeredByOld: pid && 0,
    };
    return { quiet: [{ from, to: at }], busy: [{ from: at, to: settledAt }], handOvers: [back] };
  });
}

/** The client stops in the middle of its load, in order or by force. */
export async function clientStop(force: boolean): Promise<Outcome> {
  const info = { id: 'test-1', port: await freePort() };
  return underLoad([info], async ({ fleet, load, client }) => {
    await fleet.start({ ...info, standby: false });
    load.start();
    const from = performance.now();
    await sleep(QUIET_MS);
    await someInFlight(load);
    const at = performance.now();
    const refused = load.next(({ startedAt }) => startedAt > at, 'call after the stop');
    await client.stop(force);
    await refused;
    return { quiet: [{ from, to: at }], busy: [{ from: at, to: performance.now() }], handOvers: [] };
  });
}
