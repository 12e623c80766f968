import { callContext } from '../../lib/call-context.js';
import type { TransportName } from '../../lib/server-info.js';
import { type Client, createClient } from '../../node-client.js';
import { createServer, type Server, type ServerOptions } from '../../server.js';
import { LinkProxy } from '../support/link-proxy.js';
import { until } from '../support/until.js';
import { Census } from './census.js';
import { type Kind, makeSource } from './sources.js';

const SERVICE = new URL('../behaviour/fixtures/service.ts', import.meta.url);
const QUIET = { info() {}, warn() {}, error() {} };
/** Items that a stream may be ahead of its reader: few, so that each reader that stops fills it. */
const WINDOW = { items: 8 };

// biome-ignore lint/suspicious/noExplicitAny: what is called is the run's own
export type Calls = Record<string, any>;
export type Scope = { after(work: () => unknown): void };

/** Something that happens once, and that is waited for. */
class Moment {
  #happens = (): void => {};
  #promise = this.#make();

  get promise(): Promise<void> {
    return this.#promise;
  }

  /** Those who wait go on; from now on the next time is waited for. */
  happen(): void {
    this.#happens();
    this.#promise = this.#make();
  }

  #make(): Promise<void> {
    return new Promise((resolve) => {
      this.#happens = resolve;
    });
  }
}

/** Servers and a client in this process, over one transport, whose generators are all counted. */
export class World {
  readonly transport: TransportName;
  readonly census: Census;
  /** The ends of all streams of a batch have been seen: the sources that are deaf go on. */
  readonly later = new Moment();
  /** Generators of `gated` begin to yield. */
  readonly gate = new Moment();
  /** Methods that read uploads, and generators of `gated`, that have begun. */
  arrived = 0;
  /** To the server `main`, and to the first of two servers of the type `pair`. */
  readonly links: Readonly<Record<'main' | 'pair', LinkProxy>>;
  readonly client: Client;

  private constructor(transport: TransportName, census: Census, links: World['links'], client: Client) {
    this.transport = transport;
    this.census = census;
    this.links = links;
    this.client = client;
  }

  static async start(scope: Scope, transport: TransportName, census = new Census()): Promise<World> {
    // The servers are made first, and get the world as soon as there is one.
    const known: { world?: World } = {};
    const service = serviceOf(census, known);
    const [main, first, second] = await Promise.all([
      serve(scope, service, { id: 'main', transport }),
      serve(scope, service, { id: 'pair-1', serverType: 'pair', transport }),
      serve(scope, service, { id: 'pair-2', serverType: 'pair', transport }),
    ]);
    const links = { main: await LinkProxy.start(scope, main.port), pair: await LinkProxy.start(scope, first.port) };
    const client = connect(scope);
    client.addServers([
      { id: 'main', serverType: 'test', transport, port: links.main.port },
      { id: 'pair-1', serverType: 'pair', transport, port: links.pair.port },
      { id: 'pair-2', serverType: 'pair', transport, port: second.port },
    ]);
    await client.start();
    known.world = new World(transport, census, links, client);
    return known.world;
  }

  /** The methods at the server `main`. */
  get calls(): Calls {
    return callsOf(this.client, 'test');
  }

  /** The methods at the servers of the type `pair`. */
  get pairCalls(): Calls {
    return callsOf(this.client, 'pair');
  }

  /** A source of a caller, for an upload. */
  source(kind: Kind, items = 3): AsyncIterable<unknown> {
    return makeSource(this.census, kind, items, { over: this.later.promise, later: this.later.promise });
  }

  /** A further server of the type `extra`, with the methods at it. */
  async extraServer(drainTimeout: number): Promise<{ server: Server; calls: Calls; leave(): Promise<void> }> {
    const service = serviceOf(this.census, { world: this });
    const { transport, client } = this;
    const server = await serve(NO_SCOPE, service, { id: 'extra', serverType: 'extra', transport, drainTimeout });
    client.addServer({ id: 'extra', serverType: 'extra', transport, port: server.port });
    const leave = async (): Promise<void> => {
      client.removeServer('extra');
      await server.stop(true);
    };
    return { server, calls: callsOf(client, 'extra'), leave };
  }

  /** A further client of the server `main`. */
  async extraClient(): Promise<{ client: Client; calls: Calls }> {
    const client = connect(NO_SCOPE);
    const { transport, links } = this;
    client.addServer({ id: 'main', serverType: 'test', transport, port: links.main.port });
    await client.start();
    return { client, calls: callsOf(client, 'test') };
  }

  /** Waits until the client has a connection to the first server of the pair, or to the server `main`. */
  async connected(id: 'main' | 'pair-1'): Promise<void> {
    const calls = id === 'main' ? this.calls : this.pairCalls;
    await calls['plain'].toServer(id);
    await until(() => this.client.mailboxes[id] === 'ready', { what: `the connection to ${id}` });
  }

  /** Waits until so many more calls have arrived at methods that note it. */
  arrivals(before: number, many: number): Promise<unknown> {
    return until(() => this.arrived >= before + many, { what: `${many} calls to arrive` });
  }
}

const NO_SCOPE: Scope = { after() {} };

function callsOf(client: Client, serverType: string): Calls {
  // biome-ignore lint/suspicious/noExplicitAny: untyped proxies
  return (client.proxies as any).user[serverType].service;
}

function connect(scope: Scope): Client {
  const client = createClient({
    ...{ timeout: 30_000, logger: QUIET, router: 'rr', streamWindow: WINDOW },
    // Each lost connection of a batch is one retry a stream.
    retryBudget: { ratio: 1, minPerSecond: 1_000_000 },
  });
  scope.after(() => client.stop(true));
  for (const serverType of ['test', 'pair', 'extra']) client.addProxy({ namespace: 'user', serverType });
  return client;
}

async function serve(scope: Scope, service: object, options: Partial<ServerOptions>): Promise<Server> {
  const server = createServer({
    ...{ serverType: 'test', port: 0, paths: [{ namespace: 'user', path: SERVICE }], context: { service } },
    ...{ logger: QUIET, streamWindow: WINDOW, abandonedTimeout: 200, ...options },
  });
  scope.after(() => server.stop(true));
  await server.start();
  return server;
}

function serviceOf(census: Census, known: { world?: World }): object {
  const world = (): World => known.world as World;
  const source = (kind: Kind, items: number): AsyncIterable<unknown> => {
    const { signal } = callContext() as { signal: AbortSignal };
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return makeSource(census, kind, items, { over, later: world().later.promise });
  };
  const uploaded = (): AsyncIterableIterator<unknown> => {
    world().arrived += 1;
    return callContext()?.stream as AsyncIterableIterator<unknown>;
  };
  return {
    items: source,
    async *gated(items: number) {
      census.begun += 1;
      try {
        world().arrived += 1;
        await world().gate.promise;
        for (let i = 0; i < items; i++) yield i;
      } finally {
        census.finished += 1;
      }
    },
    plain: () => 'plain',
    async read() {
      let read = 0;
      for await (const _ of uploaded()) read += 1;
      return read;
    },
    async first() {
      for await (const _ of uploaded()) break;
      return 'enough';
    },
    async fails() {
      for await (const _ of uploaded()) throw new RangeError('no');
    },
    early() {
      uploaded();
      return 'early';
    },
    /** Reads one item and no more, until the call is given up. */
    async holds() {
      const { signal } = callContext() as { signal: AbortSignal };
      const over = new Promise((resolve) => signal.addEventListener('abort', resolve));
      await uploaded().next();
      await over;
    },
    async *echo() {
      census.begun += 1;
      try {
        for await (const item of uploaded()) yield item;
        return 'echoed';
      } finally {
        census.finished += 1;
      }
    },
  };
}
