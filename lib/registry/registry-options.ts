import { type Filled, integer } from '../options.js';

/** Options that all registries have. */
export interface RegistryOptions {
  /**
   * Time of the lease of a server's record. A server that dies is removed from the registry within this time and half a second;
   * a server that is cut off from the registry for longer registers again. The registry may grant a longer time.
   * Unit: ms. Range: 5000 to 60000.
   * @default 10_000
   */
  ttl?: number | undefined;
  /**
   * Servers that a client takes from the registry. Past this number, further servers are left out, with a line in the log, and those
   * that were known stay.
   * Unit: servers. Range: from 1.
   * @default 10_000
   */
  maxServers?: number | undefined;
}

export const REGISTRY_DEFAULTS = Object.freeze({ ttl: 10_000, maxServers: 10_000 }) satisfies RegistryOptions;

export type ResolvedRegistryOptions = Filled<RegistryOptions>;

/** Checks the options. `owner`: the function that takes them, `memory()`. Throws {@link RpcCode.InvalidArgument}. */
export function resolveRegistryOptions(given: RegistryOptions, owner: string): ResolvedRegistryOptions {
  const defaults = REGISTRY_DEFAULTS;
  return Object.freeze({
    ttl: integer(`the ttl of ${owner}`, given.ttl, defaults.ttl, 5_000, 60_000),
    maxServers: integer(`the maxServers of ${owner}`, given.maxServers, defaults.maxServers, 1),
  });
}
