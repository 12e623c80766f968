import { type Endpoint, urlOf } from '../../../lib/endpoint.js';
import { endpointOfUrl } from '../../../lib/endpoint-url.js';
import { type Calling, call as callFrom } from '../../behaviour/support.js';
import { until } from '../../support/until.js';
import type { TransportUnderTest } from '../../transport/conformance/transports.js';
import { Random } from '../random.js';
import { type Attack, attack, type Door } from './attacker.js';
import { HostileLeader } from './hostile-leader.js';
import { SECRET } from './secret-peer.js';
import { type Meeting, type Meetings, type Report, Target } from './target.js';

type Cleanup = Parameters<typeof Target.start>[0];

/** Connections of one round, and how many of them are open at a time. */
const ROUND = 200;
const AT_ONCE = 40;
/** Memory after a collection, above that of the process before the first round. Unit: bytes */
const MAX_GROWTH = 96 * 1024 * 1024;
const MAX_RSS = 1024 * 1024 * 1024;
/** Handles that may be open beside those of the first round: redials, and connections that are being closed. */
const MAX_SOCKETS_ABOVE = 40;
/** Short, so that the target soon closes connections that do not register. A busy machine takes long for TLS. Unit: ms */
const HANDSHAKE_TIMEOUT_MS = 1_000;
const TLS_HANDSHAKE_TIMEOUT_MS = 3_000;
const GOOD_TIMEOUT_MS = 20_000;

/** Figures of the rounds so far. Unit of memory: bytes */
export interface Figures {
  rounds: number;
  connections: number;
  /** Connections that the target did not accept, since too many were open. */
  refused: number;
  frames: number;
  /** Connections of the target to hostile servers, and the frames that these have sent. */
  hostileConnections: number;
  hostileFrames: number;
  bytes: number;
  /** Calls of the target to hostile servers and to the good one. */
  ownCalls: number;
  /** Streams that callers have had the target open. */
  streams: number;
  /** Calls of a good caller that the target has answered meanwhile. */
  served: number;
  peakRss: number;
  peakHeap: number;
  logLines: number;
}

/** Places at which a hostile Leader tries to listen. */
const MAX_PLACES = 10;

/** One target over one transport: a process with servers, Leaders and clients, strangers around it, and one good caller. */
export class Siege {
  readonly transport: TransportUnderTest;
  readonly figures: Figures = {
    ...{
      rounds: 0,
      connections: 0,
      refused: 0,
      frames: 0,
      hostileConnections: 0,
      hostileFrames: 0,
      bytes: 0,
      ownCalls: 0,
      streams: 0,
      served: 0,
      peakRss: 0,
      peakHeap: 0,
      logLines: 0,
    },
  };
  readonly #target: Target;
  readonly #doors: readonly Door[];
  readonly #leaders: readonly HostileLeader[];
  readonly #callers: readonly Calling[];
  #first: Report | undefined;

  private constructor(
    transport: TransportUnderTest,
    target: Target,
    doors: readonly Door[],
    leaders: readonly HostileLeader[],
    callers: readonly Calling[],
  ) {
    this.transport = transport;
    this.#target = target;
    this.#doors = doors;
    this.#leaders = leaders;
    this.#callers = callers;
  }

  static async lay(t: Cleanup, transport: TransportUnderTest): Promise<Siege> {
    const target = await Target.start(t);
    const places: Meetings = { shared: await transport.meeting?.(t), sharing: await transport.meeting?.(t) };
    const servers = [false, true].map((hasSecret) => ({ id: hasSecret ? 'closed-1' : 'open-1', hasSecret }));
    const handshakeTimeout = transport.server?.tls === undefined ? HANDSHAKE_TIMEOUT_MS : TLS_HANDSHAKE_TIMEOUT_MS;
    const urls = await target.serve({
      doors: servers.map((server) => ({
        ...server,
        options: { listen: urlOf(transport.place(t)), handshakeTimeout, ...transport.server },
      })),
      ...{ places, client: transport.client ?? {} },
    });
    const door = (name: string, channelName: string, endpoint: Endpoint, hasSecret = false): Door => ({
      ...{ name, channelName, endpoint, hasSecret, transport, closesSoon: name === channelName },
    });
    const doors = servers.map(({ id, hasSecret }, at) => door(id, id, endpointOfUrl('url', urls[at]), hasSecret));
    const { shared, sharing } = places;
    if (shared !== undefined) doors.push(door('shared client', 'registry', endpointOfMeeting(shared)));
    if (sharing !== undefined) doors.push(door('shared mailboxes', 'mailstation.share', endpointOfMeeting(sharing)));
    const leaders = await Promise.all(
      [0, 1, 2, 3].map((kind) =>
        HostileLeader.listen({ transport, endpoint: transport.place(t), isBare: kind === 3, hasSecret: kind === 2 }),
      ),
    );
    const hostile = leaders.map(({ url }, kind) => ({ id: `hostile-${kind}`, url, hasSecret: kind === 2 }));
    const hostilePlaces = {
      shared: await hostileAtMeeting(t, transport, leaders),
      sharing: await hostileAtMeeting(t, transport, leaders),
    };
    for (const leader of leaders) t.after(() => leader.close());
    const good = { id: 'open-1', url: urls[0] as string };
    target.call({ good, hostile, places: hostilePlaces, client: transport.client ?? {} });
    const callers = await Promise.all(
      servers.map(async ({ id, hasSecret }, at) => {
        const options = { ...transport.client, ...(hasSecret && { secret: SECRET }), timeout: GOOD_TIMEOUT_MS };
        const calling = await callFrom(t, [], options);
        calling.client.addServer({ id, serverType: 'test', url: urls[at] as string });
        return calling;
      }),
    );
    const siege = new Siege(transport, target, doors, leaders, callers);
    await siege.#orItsEnd(siege.#serveGood());
    siege.#first = await target.report();
    return siege;
  }

  /** Sends what the seed says, and checks that the target stands. Rejects with what it does not do. */
  async round(seed: number): Promise<void> {
    for (const [kind, leader] of this.#leaders.entries()) leader.reseed(seed + kind * 1_000_000);
    const attackers = Array.from({ length: AT_ONCE }, (_, lane) => this.#lane(seed, lane));
    const good = this.#whileServed(Promise.all(attackers));
    await this.#orItsEnd(good);
    await this.#check();
    this.figures.rounds += 1;
  }

  /** Where the target has ended, its last words are the reason, and not the calls that failed for that. */
  async #orItsEnd(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      await this.#target.report();
      throw error;
    }
  }

  async #lane(seed: number, lane: number): Promise<void> {
    for (let at = lane; at < ROUND; at += AT_ONCE) {
      const random = new Random(seed * 1_000 + at);
      const door = random.pick(this.#doors);
      const result: Attack = await attack(door, random);
      this.figures[result.isRefused ? 'refused' : 'connections'] += 1;
      this.figures.frames += result.frames;
      this.figures.bytes += result.bytes;
      if (result.violation !== undefined)
        throw new Error(`${door.name}, connection ${at}: the target ${result.violation}`);
    }
  }

  /** Has the good callers call without a pause until the work is done. */
  async #whileServed(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const finished = work.finally(() => {
      isOver = true;
    });
    const serving = (async () => {
      while (!isOver) await this.#serveGood();
    })();
    await Promise.all([finished, serving]);
  }

  async #serveGood(): Promise<void> {
    const value = { n: this.figures.served };
    await Promise.all(
      this.#callers.map(async ({ calls }) => {
        const [answer, rows] = await Promise.all([calls['echo'](null, value), readAll(calls['rows'].stream(null, 20))]);
        if (answer?.n !== value.n) throw new Error(`a good caller got a wrong answer: ${JSON.stringify(answer)}`);
        if (rows.join() !== ROWS) throw new Error(`a good caller got wrong items: ${JSON.stringify(rows)}`);
        this.figures.served += 1;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 25));
  }

  async #check(): Promise<void> {
    const report = await this.#target.report();
    const { figures } = this;
    figures.peakRss = Math.max(figures.peakRss, report.rss);
    figures.peakHeap = Math.max(figures.peakHeap, report.heap);
    figures.hostileConnections = sum(this.#leaders.map(({ connections }) => connections));
    figures.hostileFrames = sum(this.#leaders.map(({ frames }) => frames));
    figures.ownCalls = report.settled;
    figures.streams = report.opened;
    figures.logLines = report.logLines;
    const growth = report.heap - (this.#first?.heap ?? 0);
    const problems = [
      ...report.warnings.map((warning) => `warned: ${warning}`),
      ...report.goodFailures.map((message) => `could not call a good server: ${message}`),
      ...(report.isPolluted ? ['has a changed Object.prototype'] : []),
      ...(report.overdue > 0 ? [`has ${report.overdue} calls that never end`] : []),
      ...(growth > MAX_GROWTH ? [`holds ${growth} bytes more than before`] : []),
      ...(report.rss > MAX_RSS ? [`takes ${report.rss} bytes of memory`] : []),
    ];
    if (problems.length > 0) throw new Error(`the target ${problems.join('; ')}`);
    await this.#untilFewSockets();
    await until(async () => (await this.#target.report()).streaming === 0, { what: 'the end of all generators' });
  }

  /** Connections of attackers that are gone must not stay open. */
  async #untilFewSockets(): Promise<void> {
    const limit = (this.#first?.sockets ?? 0) + MAX_SOCKETS_ABOVE;
    await until(async () => (await this.#target.report()).sockets <= limit, { what: `at most ${limit} open sockets` });
  }
}

/** Items of the stream that good callers read. */
const ROWS = Array.from({ length: 20 }, (_, row) => row).join();

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Puts a hostile Leader at a meeting place. Another process may take the port before it is listened on: then at the next place. */
async function hostileAtMeeting(
  t: Cleanup,
  transport: TransportUnderTest,
  leaders: HostileLeader[],
): Promise<Meeting | undefined> {
  for (let attempt = 1; ; attempt++) {
    const place = await transport.meeting?.(t);
    if (place === undefined) return undefined;
    try {
      const common = { transport, isBare: false, hasSecret: false };
      leaders.push(await HostileLeader.listen({ ...common, endpoint: endpointOfMeeting(place) }));
      return place;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EADDRINUSE' || attempt === MAX_PLACES) throw error;
    }
  }
}

function endpointOfMeeting({ port, path, tls }: Meeting): Endpoint {
  return endpointOfUrl(
    'url',
    path === undefined ? `${tls === undefined ? 'tcp' : 'tls'}://127.0.0.1:${port}` : `unix:${path}`,
  );
}
