/**
 * What choosing a server costs: `node --import tsx bench/router.ts`.
 *
 * A pick of each strategy at 1, 100 and 10,000 servers, all of them busy (the worst case of least-active), through
 * {@link getRouteTarget} as the client asks; then the first pick after a change of the list, where consistent-hash
 * mends its ring and weighted-round-robin its round; then a user's functions by the way in which they answer.
 */

import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import {
  getRouteTarget,
  type ResolvedRouter,
  type RouteFunction,
  type RouteRequest,
  resolveRouter,
  type ServerLoad,
} from '../router/index.js';
import { describeEnvironment } from './environment.js';
import { formatEnvironment } from './report.js';

const SIZES = [1, 100, 10_000];
const STRATEGIES = ['df', 'rd', 'rr', 'wrr', 'la', 'ch', 'p2c'] as const;
const SAMPLE_MS = 10;
const SAMPLES = 50;
const CHANGES = 9;

function serversOf(count: number, from = 0): readonly ServerInfo[] {
  const serverOf = (_: unknown, index: number): ServerInfo => {
    return { id: `chat-server-${from + index}`, serverType: 'chat', port: 3333, weight: 1 + (index % 5) };
  };
  return Object.freeze(Array.from({ length: count }, serverOf));
}

const inFlight = new Map(serversOf(20_000).map(({ id }, index) => [id, 1 + ((index * 7919) % 100)]));
const LOAD: ServerLoad = { inFlight: (id) => inFlight.get(id) ?? 0, latency: () => undefined };

/** A thousand users, in turn. */
const REQUESTS = Array.from({ length: 1000 }, (_, index): RouteRequest => {
  const args = [`user-${index}`, 'hello'];
  const msg: RpcMessage = { namespace: 'user', serverType: 'chat', service: 'room', method: 'say', args };
  return { serverType: 'chat', routeParam: { uid: `user-${index}` }, msg };
});
const [REQUEST] = REQUESTS as [RouteRequest];

/** The fastest sample, since whatever else the machine does can only add to it. Unit: ns an operation. */
async function measure(operation: (request: RouteRequest) => unknown): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const startedAt = performance.now();
    let done = 0;
    let elapsedMs = 0;
    while (elapsedMs < SAMPLE_MS) {
      for (let batch = 0; batch < 100; batch++, done++) {
        const answer = operation(REQUESTS[done % REQUESTS.length] ?? REQUEST);
        if (answer instanceof Promise) await answer;
      }
      elapsedMs = performance.now() - startedAt;
    }
    fastest = Math.min(fastest, (elapsedMs * 1e6) / done);
  }
  return fastest;
}

function pick(router: ResolvedRouter, servers: readonly ServerInfo[], request = REQUEST): string | Promise<string> {
  return getRouteTarget(router, servers, request, LOAD, undefined);
}

/** The time of one first pick on `servers`. Unit: ms. */
function firstPickMs(router: ResolvedRouter, servers: readonly ServerInfo[]): number {
  const startedAt = performance.now();
  pick(router, servers);
  return performance.now() - startedAt;
}

function row(name: string, values: readonly (number | string)[], digits = 0): string {
  const cells = values.map((value) => (typeof value === 'number' ? value.toFixed(digits) : value).padStart(12));
  return name.padEnd(34) + cells.join('');
}

console.log(formatEnvironment(describeEnvironment()));

console.log(`\n${row('ns a pick, by servers', SIZES.map(String))}`);
const options = { hashFieldIndex: 0 };
for (const name of STRATEGIES) {
  const costs: number[] = [];
  for (const size of SIZES) {
    const router = resolveRouter(name, options);
    const servers = serversOf(size);
    costs.push(await measure((request) => pick(router, servers, request)));
  }
  console.log(row(resolveRouter(name).name, costs));
}

console.log(`\n${row('ms, first pick at 10,000 servers', ['list is new', 'one joined', 'one left', '100 joined'])}`);
for (const name of STRATEGIES) {
  const columns: number[][] = [[], [], [], []];
  for (let change = 0; change < CHANGES; change++) {
    const router = resolveRouter(name, options);
    const lists = [serversOf(10_000), serversOf(10_001), serversOf(10_000), serversOf(10_100)];
    for (const [at, servers] of lists.entries()) columns[at]?.push(firstPickMs(router, servers));
  }
  console.log(
    row(
      resolveRouter(name).name,
      columns.map((times) => Math.min(...times)),
      2,
    ),
  );
}

const ROUTES: Readonly<Record<string, RouteFunction>> = {
  'returned id': () => 'chat-server-1',
  'callback, at once': (_param, _msg, _context, callback) => callback(null, 'chat-server-1'),
  'callback, later (and its await)': (_param, _msg, _context, callback) => {
    queueMicrotask(() => callback(null, 'chat-server-1'));
  },
  'promise (and its await)': async () => 'chat-server-1',
};
console.log(`\n${row("ns a call of a user's function", ['any number'])}`);
const servers = serversOf(100);
for (const [name, route] of Object.entries(ROUTES)) {
  const router = resolveRouter(route);
  console.log(row(name, [await measure((request) => pick(router, servers, request))]));
}
