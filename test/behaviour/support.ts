import { describe, type TestContext } from 'node:test';
import type { Logger } from '../../lib/diagnostics.js';
import type { RpcError } from '../../lib/errors.js';
import type { ServerAtUrl, ServerInfo, TransportName } from '../../lib/server-info.js';
import { type Client, type ClientOptions, createClient } from '../../node-client.js';
import { createServer, type Server, type ServerOptions } from '../../server.js';
import { until } from '../support/until.js';

const SERVICE = new URL('./fixtures/service.ts', import.meta.url);

export const TRANSPORTS: readonly TransportName[] = ['tcp', 'ws'];

/** Says the same of every transport. */
export function overTransports(suite: (transport: TransportName) => void): void {
  for (const transport of TRANSPORTS) describe(`over ${transport}`, () => suite(transport));
}

/** A logger whose lines are kept, so that a test is quiet and can look at them. */
export function keptLog(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return { logger: { info: write, warn: write, error: write }, lines };
}

export interface Served {
  readonly server: Server;
  readonly port: number;
  /** Its entry for a client's roster. */
  readonly info: ServerInfo;
  readonly log: string[];
}

/** A started server whose module `user.service` is the given object. `create`: that of another copy of the package. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  service: object,
  options: Partial<ServerOptions> = {},
  create: typeof createServer = createServer,
): Promise<Served> {
  const { logger, lines } = keptLog();
  const server = create({
    id: 'test-1',
    serverType: 'test',
    port: 0,
    paths: [{ namespace: 'user', path: SERVICE }],
    context: { service },
    logger,
    ...options,
  });
  t.after(() => server.stop(true));
  await server.start();
  const transport = options.transport ?? 'tcp';
  const info = { id: server.id ?? 'test-1', serverType: server.serverType ?? 'test', port: server.port, transport };
  return { server, port: server.port, info, log: lines };
}

// biome-ignore lint/suspicious/noExplicitAny: what is called is the test's own
type Any = any;

/** `proxies.user.test.service`: calls by name. */
export type Calls = Record<string, Any>;

export interface Calling {
  readonly client: Client;
  /** The methods of `user.service`, on servers of the type `test`. */
  readonly calls: Calls;
  /** `test-1 connecting -> ready`, as it happens. */
  readonly moves: string[];
  readonly log: string[];
}

/** A started client that knows the servers. `create`: that of another copy of the package. */
export async function call(
  t: Pick<TestContext, 'after'>,
  servers: readonly (Served | ServerInfo | ServerAtUrl)[],
  options: ClientOptions = {},
  create: typeof createClient = createClient,
): Promise<Calling> {
  const { logger, lines } = keptLog();
  const client = create({ timeout: 10_000, logger, ...options });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  client.addServers(servers.map((server) => ('info' in server ? (server.info as ServerInfo) : server)));
  const moves: string[] = [];
  client.on('mailbox', (id, to, from) => moves.push(`${id} ${from} -> ${to}`));
  await client.start();
  return { client, calls: (client.proxies as Any).user.test.service, moves, log: lines };
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<RpcError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as RpcError;
  }
  throw new Error(`it resolved, with ${String(value)}`);
}

/** A promise, and its ends. Node 20 has no `Promise.withResolvers`. */
export function deferred<T = void>(): { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}

/** A gate in a service: calls wait at it until it is opened, and the test can wait for them to arrive. */
export function makeGate() {
  const { promise, resolve } = deferred();
  let arrived = 0;
  return {
    async pass<T>(value?: T): Promise<T | undefined> {
      arrived += 1;
      await promise;
      return value;
    },
    open: () => resolve(),
    get arrived() {
      return arrived;
    },
    arrivals: (count: number) => until(() => arrived >= count, { what: `${count} calls to arrive` }),
  };
}

/** A port on which nobody listens: the system's choice, let go of at once. */
export async function unusedPort(t: Pick<TestContext, 'after'>): Promise<number> {
  const { server, port } = await serve(t, { f() {} });
  await server.stop(true);
  return port;
}
