import { mapLimit } from 'async';
import type { RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';

/** What became of a broadcast's call to one server. The shape of `Promise.allSettled`, and whose it is. */
export type Outcome<T = unknown> =
  | { readonly serverId: string; readonly status: 'fulfilled'; readonly value: T; readonly reason?: undefined }
  | { readonly serverId: string; readonly status: 'rejected'; readonly reason: RpcError; readonly value?: undefined };

/** Enough to keep every server busy, and few enough that 10,000 servers do not mean 10,000 connections begun at once. */
const CONCURRENCY = 256;

/** Calls each server; one that fails takes nothing from the others. The outcomes are in the servers' order. */
export function toAll<T>(
  servers: readonly ServerInfo[],
  call: (serverId: string) => Promise<T>,
): Promise<Outcome<T>[]> {
  return mapLimit([...servers], CONCURRENCY, async ({ id }: ServerInfo): Promise<Outcome<T>> => {
    try {
      return { serverId: id, status: 'fulfilled', value: await call(id) };
    } catch (error) {
      return { serverId: id, status: 'rejected', reason: error as RpcError };
    }
  });
}
