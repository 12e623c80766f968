import type { RemoteMethod } from '../lib/call/remote-method.js';
import type { RpcError } from '../lib/errors.js';
import { mapLimit } from '../lib/map-limit.js';
import type { ServerInfo } from '../lib/server-info.js';

/** Outcome of a broadcast at one server, in the shape of `Promise.allSettled`, with the id of the server. */
export type Outcome<T = unknown> =
  | { readonly serverId: string; readonly status: 'fulfilled'; readonly value: T; readonly reason?: undefined }
  | { readonly serverId: string; readonly status: 'rejected'; readonly reason: RpcError; readonly value?: undefined };

/** Runs a call of all servers, within what watches it. Resolves and rejects as the work does. */
export type AroundBroadcast = <T extends readonly Outcome[] | undefined>(
  method: RemoteMethod,
  kind: 'call' | 'oneway',
  work: () => Promise<T>,
) => Promise<T>;

/**
 * Servers that are called at once: enough to keep all busy, and few enough that 10,000 servers do not mean 10,000
 * connections begun at once.
 */
const CONCURRENCY = 256;

/** The results of all servers. Throws the error of the first server, in their order, that failed. Source: pinus-rpc. */
export function resultsOfAll<T>(outcomes: readonly Outcome<T>[]): T[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Calls each server. A call that fails does not affect the others. The outcomes are in the order of the servers. */
export function toAll<T>(
  servers: readonly ServerInfo[],
  call: (serverId: string) => Promise<T>,
): Promise<Outcome<T>[]> {
  return mapLimit(servers, CONCURRENCY, async ({ id }): Promise<Outcome<T>> => {
    try {
      return { serverId: id, status: 'fulfilled', value: await call(id) };
    } catch (error) {
      return { serverId: id, status: 'rejected', reason: error as RpcError };
    }
  });
}
