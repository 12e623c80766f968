import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { describeError } from '../lib/diagnostics.js';
import { RpcCode, RpcError, toError } from '../lib/errors.js';
import { isLoopback } from '../lib/host.js';
import { printable } from '../lib/quoted.js';
import { setImmediate, timeOfDay } from '../lib/timers.js';
import { type Fleet, type FleetClient, openFleet } from '../observe/fleet/index.js';
import { Embedded } from './embedded.js';
import { Entrance } from './entrance.js';
import { type DashboardOptions, type ResolvedDashboardOptions, resolveDashboardOptions } from './options.js';
import { PageCalls } from './page-calls.js';
import { Routes } from './routes.js';
import { Board, type BoardState } from './state/board.js';
import { DASHBOARD_CLIENT } from './state/callers.js';
import { CourseOfFigures } from './state/history.js';
import { Recorder } from './state/recorder.js';
import { Viewers } from './viewers.js';
import { type Observation, Watch, type WatchedClient } from './watch.js';

/** Longest time in which a request must have arrived. Unit: ms */
const REQUEST_TIMEOUT = 30_000;
/** Faults of the dashboard that are reported, each once, and the length of their words on the page. */
const MAX_FAULTS = 20;
const MAX_FAULT = 500;
/** Connections of browsers beside those of viewers. */
const MORE_CONNECTIONS = 128;

/**
 * A page that shows servers and their callers at work: who calls which server, rates and latencies, failed and slow calls. Served
 * to browsers that have the address with the token. {@link createDashboard} makes one.
 */
export class Dashboard {
  readonly #options: ResolvedDashboardOptions;
  readonly #entrance: Entrance;
  readonly #board: Board;
  readonly #course: CourseOfFigures;
  readonly #recorder: Recorder;
  readonly #viewers: Viewers;
  readonly #embedded: Embedded;
  /** Faults that were logged, by their texts. */
  readonly #faults = new Set<string>();
  #routes: Routes | undefined;
  #watch: Watch | undefined;
  #fleet: Fleet | undefined;
  #server: Server | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Makes a dashboard that is not started. No port is taken, and no server is asked.
   * @throws {@link RpcCode.InvalidArgument} when an option is out of range
   */
  constructor(options: DashboardOptions) {
    const resolved = resolveDashboardOptions(options);
    const { interval, history, allowCalls, maxViewers, clients } = resolved;
    const states = Math.max(2, Math.ceil(history / interval));
    this.#options = resolved;
    this.#entrance = new Entrance(resolved);
    this.#board = new Board({ interval, history, allowCalls, from: sourceInWords(resolved) });
    this.#course = new CourseOfFigures(states);
    this.#recorder = new Recorder(states);
    this.#viewers = new Viewers(maxViewers, () => this.#snapshot());
    this.#embedded = new Embedded(clients, this.#board.calls, (error) => this.#fault(error));
  }

  /**
   * Address of the page, with the token that opens it: `http://127.0.0.1:4477/?token=...`. A random token opens the page once, and the
   * address has another one afterwards. With `listen: false` the address begins with the base path.
   */
  get url(): string {
    const { basePath, host } = this.#options;
    const path = `${basePath}?token=${this.#entrance.token}`;
    const address = this.#server?.address() as AddressInfo | null | undefined;
    if (address === null || address === undefined) return path;
    const shown = isIP(host) === 6 ? `[${host}]` : host;
    return `http://${shown === '0.0.0.0' || shown === '[::]' ? '127.0.0.1' : shown}:${address.port}${path}`;
  }

  /** Port that the page is served at; 0 before the start, and with `listen: false`. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Pages that are open now. */
  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * Begins to ask the servers, and serves the page. Resolves when the page can be opened. Each further call gives the same promise.
   * @throws {@link RpcCode.AddressInUse} and {@link RpcCode.Listen} where the port cannot be taken; {@link RpcCode.Registry} where the
   *   etcd gives no list; {@link RpcCode.Closed} after the stop
   */
  start(): Promise<void> {
    if (this.#stopped !== undefined)
      return Promise.reject(new RpcError(RpcCode.Closed, 'the dashboard was stopped; make another one'));
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Ends all pages and connections of the dashboard. The clients of the program go on. Resolves when the port is free. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /**
   * Answers the requests below `basePath` for an HTTP server of the program, with `listen: false`. Returns false for another path, and calls
   * `next` where one is given. All checks are those of the page's own server.
   */
  readonly handler = (request: IncomingMessage, response: ServerResponse, next?: () => void): boolean => {
    // A framework that mounts handlers cuts the path.
    const { originalUrl = request.url ?? '/' } = request as IncomingMessage & { originalUrl?: string };
    const url = URL.canParse(originalUrl, 'http://dashboard') ? new URL(originalUrl, 'http://dashboard') : null;
    const routes = this.#routes;
    if (url === null || routes?.isOurs(url.pathname) !== true) {
      next?.();
      return false;
    }
    void routes.answer(request, response, url);
    return true;
  };

  async #start(): Promise<void> {
    const { clients, servers, etcd, connect, interval, listen } = this.#options;
    const client = { clientId: DASHBOARD_CLIENT, logger: this.#options.logger, ...connect };
    if (servers.length > 0 || etcd !== undefined) this.#fleet = await openFleet({ addresses: servers, etcd, client });
    const watched: WatchedClient[] = clients.map((each) => ({ client: each }));
    if (this.#fleet !== undefined) watched.push({ client: this.#fleet.client, places: this.#fleet });
    this.#routes = this.#makeRoutes(watched.map((each) => each.client));
    if (listen) await this.#listen().catch((error: unknown) => this.#failed(error));
    if (this.#stopped !== undefined) return;
    this.#watch = new Watch(watched, interval);
    this.#watch.on('observation', (observation) => this.#observed(observation));
    this.#watch.on('fault', (error) => this.#fault(error));
    this.#embedded.start();
    this.#watch.start();
  }

  /** Rejects with the error, when all that was opened is closed. */
  async #failed(error: unknown): Promise<never> {
    await this.#fleet?.stop();
    const { code, message } = toError(error) as NodeJS.ErrnoException;
    const { host, port } = this.#options;
    const place = `the dashboard cannot be served at ${host}:${port}`;
    if (code === 'EADDRINUSE')
      throw new RpcError(RpcCode.AddressInUse, `${place}: the port is in use; choose another one, or 0`, {
        cause: error,
      });
    throw new RpcError(RpcCode.Listen, `${place}: ${message}`, { cause: error });
  }

  async #listen(): Promise<void> {
    const { host, port, maxViewers, logger } = this.#options;
    const server = createServer(
      { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT },
      (request, response) => {
        if (this.handler(request, response)) return;
        response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
        response.end(`The dashboard is at ${this.#options.basePath}\n`);
      },
    );
    server.maxConnections = maxViewers + MORE_CONNECTIONS;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => logger.error(`mailstation: the dashboard: ${error.message}`));
    if (!isLoopback(host))
      logger.warn(`mailstation: the dashboard is served at ${host} without encryption: the network can read its token`);
  }

  #makeRoutes(clients: readonly FleetClient[]): Routes {
    const { basePath, allowCalls, logger } = this.#options;
    const clientOf = (server: string): FleetClient | undefined =>
      clients.find((client) => Object.hasOwn(client.servers, server));
    const calls = allowCalls ? new PageCalls(clients, clientOf, logger) : undefined;
    const parts = { entrance: this.#entrance, viewers: this.#viewers, course: this.#course, recorder: this.#recorder };
    const onOpened = (): void => this.#options.onOpened?.(this.url);
    return new Routes({ basePath, ...parts, onOpened, calls, clientOf });
  }

  /** Never throws: the program that embeds the dashboard would end with an error of the dashboard. */
  #observed(observation: Observation): void {
    try {
      this.#show(this.#next(observation));
    } catch (error) {
      this.#fault(error);
    }
  }

  #next(observation: Observation): BoardState {
    try {
      const sources = [...this.#embedded.sources, ...(this.#fleet?.client.roster ?? [])];
      return this.#board.next(observation, this.#embedded.reports, sources);
    } catch (error) {
      this.#fault(error);
      return this.#board.failed(observation.time);
    }
  }

  /** Reports an error of the dashboard itself: once with the logger, and as a change on the page. */
  #fault(thrown: unknown): void {
    const error = toError(thrown);
    const text = printable(`a fault of the dashboard, whose figures may be old: ${error.message}`.slice(0, MAX_FAULT));
    if (this.#faults.has(text) || this.#faults.size >= MAX_FAULTS) return;
    this.#faults.add(text);
    this.#board.noteFault(text, timeOfDay());
    this.#options.logger.error(`mailstation: ${text}\n${describeError(error)}`);
  }

  #show({ snapshot, delta, figures }: BoardState): void {
    this.#course.add(snapshot.time, snapshot.totals, figures);
    if (delta === undefined) {
      this.#recorder.begin(snapshot);
      return this.#viewers.send({ seq: snapshot.seq, json: '' });
    }
    const json = JSON.stringify(delta);
    this.#recorder.add(json);
    this.#viewers.send({ seq: delta.seq, json });
  }

  #snapshot() {
    const { snapshot } = this.#board;
    return snapshot && { seq: snapshot.seq, json: JSON.stringify(snapshot) };
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => {}); // its caller has the error
    this.#watch?.stop();
    this.#watch?.removeAllListeners();
    this.#embedded.stop();
    this.#viewers.end(`the dashboard was stopped at ${new Date(timeOfDay()).toISOString()}`);
    const server = this.#server;
    if (server?.listening === true) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setImmediate(() => server.closeAllConnections());
      await closed;
    }
    await this.#fleet?.stop();
  }
}

/**
 * Makes a dashboard that is not started. docs/dashboard.md has the options, and what the page shows.
 * @throws {@link RpcCode.InvalidArgument} when an option is out of range
 * @example
 * ```ts
 * import { createDashboard } from 'mailstation/dashboard';
 *
 * const dashboard = createDashboard({ servers: ['tcp://127.0.0.1:3333'] });
 * await dashboard.start();
 * console.log(`open ${dashboard.url}`);
 * await dashboard.stop();
 * ```
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  return new Dashboard(options);
}

function sourceInWords({ clients, servers, etcd }: ResolvedDashboardOptions): string {
  const words = [];
  if (clients.length === 1) words.push('the client of this program');
  if (clients.length > 1) words.push(`${clients.length} clients of this program`);
  if (servers.length > 0) words.push(servers.length === 1 ? `${servers[0]}` : `${servers.length} addresses`);
  if (etcd !== undefined) words.push('the servers of an etcd');
  return words.join(', ');
}
