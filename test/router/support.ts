import type { RpcMessage } from '../../lib/rpc-message.js';
import type { NonEmpty, ServerInfo } from '../../lib/server-info.js';
import type { RandomSource, RouteRequest, Router, ServerLoad } from '../../router/router.js';

/** A frozen snapshot with the given ids, all of one type. */
export function serversOf(ids: Iterable<string>, more: Readonly<Record<string, object>> = {}): NonEmpty<ServerInfo> {
  const servers = Array.from(ids, (id) => ({ id, serverType: 'test', port: 3333, ...more[id] }));
  return Object.freeze(servers) as unknown as NonEmpty<ServerInfo>;
}

/** `test-1` to `test-<count>`. */
export function manyServers(count: number): NonEmpty<ServerInfo> {
  return serversOf(Array.from({ length: count }, (_, index) => `test-${index + 1}`));
}

export function messageWith(...args: unknown[]): RpcMessage {
  return { namespace: 'user', serverType: 'test', service: 'module1', method: 'func1', args };
}

export function requestOf(part: Partial<RouteRequest> = {}): RouteRequest {
  return { serverType: 'test', routeParam: undefined, msg: messageWith(), ...part };
}

/** Nobody has a call in flight, no latency is known. */
export const IDLE: ServerLoad = { inFlight: () => 0, latency: () => undefined };

export function loadOf(inFlight: Readonly<Record<string, number>>, latency: Readonly<Record<string, number>> = {}) {
  return { inFlight: (id: string) => inFlight[id] ?? 0, latency: (id: string) => latency[id] } satisfies ServerLoad;
}

/** The same numbers on every run (mulberry32). */
export function seeded(seed: number): RandomSource {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The given numbers, then the last one for ever. */
export function scripted(...numbers: number[]): RandomSource {
  let at = 0;
  return () => numbers[Math.min(at++, numbers.length - 1)] ?? 0;
}

/** The ids of `count` picks for the same request, in order. */
export function picks(
  router: Router,
  servers: NonEmpty<ServerInfo>,
  count: number,
  request: RouteRequest = requestOf(),
  load: ServerLoad = IDLE,
): string[] {
  return Array.from({ length: count }, () => router.pick(servers, request, load).id);
}

/** How often each id occurs. */
export function tally(ids: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}
