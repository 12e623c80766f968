import { Emitter } from '../lib/emitter.js';
import { codeOf } from '../lib/error-parts.js';
import { RpcCode, toError } from '../lib/errors.js';
import { clearTimeout, setTimeout, timeOfDay } from '../lib/timers.js';
import type { Client } from '../node-client.js';
import {
  ask,
  connectionsIn,
  type FleetClient,
  FleetPoller,
  type FleetSample,
  recentCallsIn,
  type ServerSample,
  type UnknownServers,
} from '../observe/fleet/index.js';
import type { ConnectionReport } from '../server/connections.js';
import type { RecentCallsReport } from '../server/recent-calls.js';

/** A client whose servers are watched. */
export interface WatchedClient {
  readonly client: FleetClient;
  /** Places of which no server is known yet. */
  readonly places?: UnknownServers | undefined;
}

/** A server at a moment, with the further reports that only the dashboard asks for. */
export interface ObservedServer {
  readonly sample: ServerSample;
  /** Callers of the server; null where the server does not say. */
  readonly connections: readonly ConnectionReport[] | null;
  /** New and changed entries since the observation before; undefined without one. */
  readonly recent: RecentCallsReport | undefined;
  /** Client that asked. */
  readonly client: FleetClient;
}

export interface Observation {
  /** Unit: ms since 1970 */
  readonly time: number;
  readonly servers: readonly ObservedServer[];
}

export interface WatchEvents extends Record<string, unknown[]> {
  observation: [observation: Observation];
  /** An observation could not be made, for a fault of the dashboard. */
  fault: [error: unknown];
}

/** Connections of one server that are read, in pages of {@link PAGE}. */
const MAX_CONNECTIONS = 1_000;
const PAGE = 500;
/** Rounds after which a server that does not know a question is asked again. */
const ASK_AGAIN = 30;
/** Share of the interval for which an observation waits for the further reports. */
const WAIT_SHARE = 0.5;

/** Further reports of one server. */
interface Further {
  connections: readonly ConnectionReport[] | null;
  fresh: RecentCallsReport[];
  /** `seq` of the last report of calls. */
  seq: number;
  asking: Promise<void> | undefined;
  /** Rounds in which the server is not asked for its connections. */
  pause: number;
}

/** Asks the servers of several clients at an interval, for all that the dashboard shows. */
export class Watch extends Emitter<WatchEvents> {
  readonly #interval: number;
  readonly #pollers: readonly { readonly poller: FleetPoller; readonly client: FleetClient }[];
  readonly #further = new Map<string, Further>();
  readonly #samples = new Map<FleetClient, FleetSample>();
  #isObserving = false;

  constructor(clients: readonly WatchedClient[], interval: number) {
    super();
    this.#interval = interval;
    this.#pollers = clients.map(({ client, places }) => ({
      client,
      poller: new FleetPoller(client, { interval, places }),
    }));
    for (const { poller, client } of this.#pollers)
      poller.on('sample', (sample) => {
        this.#samples.set(client, sample);
        if (client === this.#pollers[0]?.client) void this.#observeOnce();
      });
  }

  start(): void {
    for (const { poller } of this.#pollers) poller.start();
  }

  stop(): void {
    for (const { poller } of this.#pollers) poller.stop();
  }

  /** The rounds of the first client set the pace. Never rejects. */
  async #observeOnce(): Promise<void> {
    if (this.#isObserving) return; // a round that came while the last one was being answered
    this.#isObserving = true;
    try {
      const servers = await this.#observe();
      if (this.#pollers.some(({ poller }) => poller.isRunning))
        this.emit('observation', { time: timeOfDay(), servers });
    } catch (error) {
      this.emit('fault', error);
    } finally {
      this.#isObserving = false;
    }
  }

  /** The last samples of all clients, each server once, with the further reports. */
  async #observe(): Promise<readonly ObservedServer[]> {
    const found = new Map<string, { sample: ServerSample; client: FleetClient }>();
    for (const { client } of this.#pollers)
      for (const sample of this.#samples.get(client)?.servers ?? []) {
        const known = found.get(sample.id);
        if (known === undefined || (known.sample.state !== 'answered' && sample.state === 'answered'))
          found.set(sample.id, { sample, client });
      }
    for (const id of this.#further.keys()) if (!found.has(id)) this.#further.delete(id);
    await this.#askFurther([...found.values()]);
    return [...found.values()].map(({ sample, client }): ObservedServer => {
      const further = this.#further.get(sample.id);
      const recent = further?.fresh.shift();
      return { sample, client, connections: further?.connections ?? null, recent };
    });
  }

  /** Resolves when all have answered, or the time for that is over: a late answer is in the next observation. */
  async #askFurther(servers: readonly { sample: ServerSample; client: FleetClient }[]): Promise<void> {
    const asked = servers.flatMap(({ sample, client }) => {
      if (sample.state !== 'answered') return [];
      const further = this.#furtherOf(sample);
      further.asking ??= this.#ask(client, sample, further).finally(() => {
        further.asking = undefined;
      });
      return [further.asking];
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#interval * WAIT_SHARE);
    });
    await Promise.race([Promise.all(asked), late]);
    clearTimeout(timer);
  }

  #furtherOf({ id, report, isRestarted }: ServerSample): Further {
    let further = this.#further.get(id);
    if (further === undefined) {
      further = { connections: null, fresh: [], seq: 0, asking: undefined, pause: 0 };
      this.#further.set(id, further);
    }
    if (isRestarted || (report?.recent ?? 0) < further.seq) further.seq = 0;
    return further;
  }

  /** Never rejects: a server that answers one question and not the other is shown with what is known. */
  async #ask(client: FleetClient, { id, report }: ServerSample, further: Further): Promise<void> {
    const calls = (report?.recent ?? 0) > further.seq ? this.#askCalls(client, id, further) : undefined;
    if (further.pause > 0) further.pause -= 1;
    else
      further.connections = await readConnections(client, id).catch((error: unknown) => this.#refused(error, further));
    await calls;
  }

  async #askCalls(client: FleetClient, id: string, further: Further): Promise<void> {
    try {
      const report = recentCallsIn(await ask(client, id, 'calls', 'recent', { after: further.seq }));
      if (report === undefined) return;
      further.seq = report.seq;
      if (further.fresh.length < 2) further.fresh.push(report);
    } catch {
      // The next round asks again: the numbers still differ.
    }
  }

  #refused(error: unknown, further: Further): null {
    const code = codeOf(toError(error));
    if (code === RpcCode.NoMethod || code === RpcCode.Forbidden) further.pause = ASK_AGAIN;
    return null;
  }
}

/** Rejects as the call does. */
async function readConnections(client: FleetClient, id: string): Promise<readonly ConnectionReport[] | null> {
  const connections: ConnectionReport[] = [];
  for (let after: string | undefined; connections.length < MAX_CONNECTIONS; ) {
    const request = { limit: PAGE, ...(after !== undefined && { after }) };
    const report = connectionsIn(await ask(client, id, 'connections', 'list', request));
    if (report?.known !== true) return null;
    for (const connection of report.connections) connections.push(connection);
    // A server whose pages have no end, and say nothing, is not followed further.
    if (report.next === undefined || report.connections.length === 0) break;
    after = report.next;
  }
  return connections.slice(0, MAX_CONNECTIONS);
}

/** True for a client that can describe itself, as those of `createClient` can. */
export function isWholeClient(client: FleetClient | Client): client is Client {
  return typeof (client as Client).inspect === 'function';
}
