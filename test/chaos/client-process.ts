import type { RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { createClient } from '../../node-client.js';
import type { Router } from '../../router/index.js';
import { Random } from '../fuzz/random.js';
import type { CallKind, HistoryRecord, Settled } from './history.js';
import { BUG_EVERY, type Bug, jumpClock, Peer } from './peer.js';
import { StreamLog } from './stream-log.js';
import { LEFT_EARLY, runStream } from './stream-run.js';

/** Makes calls of all kinds, as fast as they are answered, until it is told to finish. */
export interface ClientSetting {
  readonly type: 'call';
  readonly name: string;
  readonly seed: number;
  readonly servers: readonly ServerInfo[];
  readonly historyFile: string;
  readonly bugs: readonly Bug[];
}

export type ClientCommand =
  | ClientSetting
  /** Makes so many calls in one tick. */
  | { readonly type: 'burst'; readonly count: number }
  /** The roster becomes this. */
  | { readonly type: 'servers'; readonly servers: readonly ServerInfo[] }
  | { readonly type: 'clock'; readonly ms: number }
  /** Makes no more calls; when all have settled it stops. */
  | { readonly type: 'finish' }
  /** Stops in the middle of everything, in order or by force. */
  | { readonly type: 'stop'; readonly force: boolean };

/** More than what is in flight at once in quiet times; less than what a burst makes. */
const MAX_UNSETTLED = 400;
const MAX_TIMEOUT_MS = 3_000;
/** Pause between two looks at the event loop, and the shortest time without a turn that is written down. Unit: ms */
const SAMPLE_MS = 50;
const STALL_MS = 500;
/** The longest that calls may take to settle once all faults are over. */
const SETTLE_MS = MAX_TIMEOUT_MS + 3_000;

const KINDS: readonly CallKind[] = [
  ...['echo', 'echo', 'echo', 'echo', 'slow', 'slow', 'slow', 'oneway', 'oneway', 'big', 'fail', 'missing'],
  ...['down', 'down', 'up', 'up', 'both'],
] as CallKind[];

/** What a call is routed by: filled in by the router, for a call has to know its server when it is encoded. */
interface Target {
  serverId: string | undefined;
}

/** One after the other. */
function tellingRouter(): Router {
  let picked = 0;
  return {
    name: 'telling',
    pick(servers, { routeParam }) {
      const server = servers[picked++ % servers.length] ?? servers[0];
      (routeParam as Target).serverId = server.id;
      return server;
    },
  };
}

class Caller {
  readonly #name: string;
  readonly #random: Random;
  readonly #bugs: readonly Bug[];
  readonly #peer: Peer;
  readonly #streams: StreamLog;
  readonly #client = createClient({
    router: tellingRouter(),
    pendingSize: 60,
    maxInFlight: 100,
    maxQueuedBytes: 256 * 1024,
    connectTimeout: 700,
    keepalive: 400,
    drainTimeout: 1_000,
    streamWindow: { items: 10, bytes: 4_000, total: 20_000 },
    logger: { info() {}, warn() {}, error() {} },
  });
  /** Connections so far, by the server's id: each is begun by its mailbox's `connecting`. */
  readonly #lines = new Map<string, number>();
  #servers: readonly ServerInfo[] = [];
  #made = 0;
  #unsettled = 0;
  #settled = 0;
  #isOver = false;
  readonly #sampling = this.#sampleTurns();
  #loading: Promise<void> = Promise.resolve();
  /** Records of this tick: one write for all. */
  #records: HistoryRecord[] = [];

  constructor({ name, seed, historyFile, bugs }: ClientSetting) {
    this.#peer = new Peer(name, historyFile, bugs);
    this.#name = name;
    this.#streams = new StreamLog(name, (record) => this.#write(record));
    this.#random = new Random(seed);
    this.#bugs = bugs;
    this.#client.addProxy({ namespace: 'user', serverType: 'test' });
    this.#client.on('mailbox', (id, to) => {
      if (to === 'connecting') this.#lines.set(id, (this.#lines.get(id) ?? 0) + 1);
    });
  }

  /** Writes down when the event loop did not turn: no deadline can be kept meanwhile. */
  #sampleTurns(): NodeJS.Timeout {
    let last = performance.now();
    const sample = (): void => {
      const now = performance.now();
      if (now - last > STALL_MS) this.#write({ type: 'stalled', who: this.#name, from: last, to: now });
      last = now;
    };
    return setInterval(sample, SAMPLE_MS);
  }

  async start(servers: readonly ServerInfo[]): Promise<void> {
    this.setServers(servers);
    await this.#client.start();
    this.#loading = this.#load();
  }

  setServers(servers: readonly ServerInfo[]): void {
    this.#servers = servers;
    this.#client.replaceServers(servers);
  }

  burst(count: number): void {
    if (!this.#isOver) for (let i = 0; i < count; i++) this.#call();
  }

  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#loading;
    const startedAt = performance.now();
    while (this.#unsettled > 0 && performance.now() - startedAt < SETTLE_MS)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await this.stop(false);
  }

  /** What is under way then settles at once; what is called afterwards is refused. */
  async stop(force: boolean): Promise<void> {
    const stopped = this.#client.stop(force);
    this.burst(5);
    this.#isOver = true;
    await stopped;
    await this.#loading;
    await this.#streams.settled();
    await new Promise((resolve) => setImmediate(resolve)); // callbacks of the last ones
    clearInterval(this.#sampling);
    this.#flush();
    if (this.#bugs.includes('leave a timer')) setTimeout(() => {}, 600_000);
    await this.#peer.end();
  }

  async #load(): Promise<void> {
    while (!this.#isOver) {
      const count = this.#random.oneIn(20) ? 40 : 1 + this.#random.below(6);
      for (let i = 0; i < count && this.#unsettled < MAX_UNSETTLED; i++) this.#call();
      await new Promise((resolve) => setTimeout(resolve, this.#random.below(6)));
    }
  }

  #call(): void {
    const token = this.#made++;
    const random = this.#random;
    const kind = random.pick(KINDS);
    const timeout = random.pick([20, 100, 500, 1_500, MAX_TIMEOUT_MS]);
    const isStream = kind === 'down' || kind === 'up' || kind === 'both';
    const failMode = random.oneIn(4) ? 'failover' : random.oneIn(12) && !isStream ? 'failsafe' : 'failfast';
    // One that may be sent again comes later than those that were called after it.
    const ordered = failMode === 'failfast';
    const idempotent = random.oneIn(ordered ? 5 : 2);
    const client = this.#name;
    const at = performance.now();
    this.#write({ type: 'made', client, token, kind, idempotent, ordered, timeout, at });
    this.#unsettled += 1;
    const target: Target = { serverId: random.oneIn(3) ? undefined : random.pick(this.#servers)?.id };
    const lines = this.#lines;
    const caller = {
      client,
      token,
      /** Read when the call is encoded, which is when it is sent on a line. */
      get line(): string {
        return `${target.serverId} ${lines.get(target.serverId ?? '')}`;
      },
    };
    const more =
      kind === 'slow'
        ? [random.below(random.oneIn(20) ? 1_500 : 60)]
        : kind === 'big'
          ? ['x'.repeat(random.below(60_000))]
          : [];
    const cancelling = random.oneIn(8) ? new AbortController() : undefined;
    const cancelTimer =
      cancelling === undefined ? undefined : setTimeout(() => cancelling.abort(), random.below(2 * timeout));
    const settle = (error: RpcError | null, answer?: unknown): void => {
      clearTimeout(cancelTimer);
      this.#settle(kind, token, error ?? undefined, answer);
    };
    const args = isStream ? [caller, random.below(random.oneIn(6) ? 200 : 30)] : [caller, ...more, settle];
    const options = { timeout, idempotent, failMode, retryConnectTime: 50, signal: cancelling?.signal };
    const method = this.#client.proxies.user.test.service[kind].with(options);
    if (isStream) {
      const at = target.serverId;
      const aim = (to: { route(aim: Target): unknown; to(id: string): unknown }) =>
        (at === undefined ? to.route(target) : to.to(at)) as (...given: unknown[]) => unknown;
      void runStream(kind, { client, token }, args[1] as number, this.#streams, method, (to) => aim(to)(...args)).then(
        (answer) => settle(null, answer),
        settle,
      );
      return;
    }
    const isOneway = kind === 'oneway';
    if (target.serverId === undefined) (isOneway ? method.route(target, true) : method.route(target))(...args);
    else method.to(target.serverId, isOneway)(...args);
  }

  #settle(kind: CallKind, token: number, error: RpcError | undefined, answer: unknown): void {
    this.#unsettled -= 1;
    this.#settled += 1;
    const isDue = (bug: Bug): boolean =>
      this.#bugs.includes(bug) && this.#settled % BUG_EVERY === this.#bugs.indexOf(bug);
    if (isDue('never settle')) return;
    const isEarly = this.#bugs.includes('time out early') && error?.code === 'ERR_RPC_TIMEOUT';
    const record: Settled = {
      type: 'settled',
      client: this.#name,
      token,
      at: performance.now() + (isDue('settle late') ? 60_000 : isEarly ? -10 : 0),
      ...(error === undefined ? {} : { error: this.#describe(error, isDue('hide the code')) }),
    };
    const answers = error === undefined ? answerOf(kind, answer) : remoteAnswer(error);
    this.#write(answers === undefined ? record : { ...record, answers });
    if (isDue('settle twice')) this.#write(record);
    // As callers do who try again: from within the callback of a call that failed.
    if (error !== undefined && this.#random.oneIn(4)) this.burst(1);
  }

  #describe(error: RpcError, isCodeHidden: boolean) {
    const { code, delivery, message } = error;
    const isDenied = this.#bugs.includes('deny delivery') && delivery === 'unknown';
    return { code: isCodeHidden ? undefined : code, delivery: isDenied ? 'not-sent' : delivery, message };
  }

  #write(record: HistoryRecord): void {
    if (this.#records.push(record) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#records.length > 0) this.#peer.history.write(...this.#records);
    this.#records = [];
  }
}

function answerOf(kind: CallKind, answer: unknown): string | undefined {
  if (kind === 'oneway' || answer === LEFT_EARLY) return undefined;
  return String(kind === 'big' ? (answer as readonly unknown[] | undefined)?.[0] : answer);
}

/** What a method that fails on purpose says: whose call it was. */
function remoteAnswer(error: RpcError): string | undefined {
  if (error.code !== 'ERR_RPC_REMOTE') return undefined;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

let caller: Caller | undefined;
process.on('message', async (command: ClientCommand) => {
  switch (command.type) {
    case 'call':
      caller = new Caller(command);
      await caller.start(command.servers);
      break;
    case 'burst':
      caller?.burst(command.count);
      break;
    case 'servers':
      caller?.setServers(command.servers);
      break;
    case 'clock':
      jumpClock(command.ms);
      break;
    case 'finish':
      await caller?.finish();
      break;
    case 'stop':
      await caller?.stop(command.force);
  }
});

process.send?.({ type: 'ready' });
