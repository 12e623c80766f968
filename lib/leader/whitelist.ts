import { isIP, SocketAddress } from 'node:net';
import { types } from 'node:util';
import type { Logger } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import { invalid, unfit } from '../options.js';
import { shown } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';

/** Addresses, and patterns that must match the whole of an address. */
export type WhitelistEntries = readonly (string | RegExp)[];

/**
 * Peers that may connect: a list; a function that returns a list or a promise of one; or, as in pomelo-rpc, a function
 * that gives a list to its callback. A function is called at each connection. Without parameters the function must
 * return the list.
 */
export type Whitelist =
  | WhitelistEntries
  | (() => WhitelistEntries | Promise<WhitelistEntries>)
  | ((callback: (error: unknown, list?: WhitelistEntries) => void) => void);

/** Says whether an address may connect: at once, or by a promise that never rejects. */
export type AddressCheck = (address: string) => boolean | Promise<boolean>;

/**
 * Makes the check of a whitelist; undefined without one, since every peer may connect then. A function that fails
 * admits no peer, and the failure is logged, at most one a second. Throws {@link RpcCode.InvalidArgument} for a list with an entry that is
 * neither an address nor a pattern.
 */
export function resolveWhitelist(given: unknown, logger: Logger): AddressCheck | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'function') return compile(given);
  const log = new RateLimitedLog(logger);
  return async (address) => {
    try {
      return compile(await ask(given as AnyFunction))(address);
    } catch (error) {
      log.error(
        () => `mailstation: refused a connection from ${address}: the whitelist function failed: ${messageOf(error)}`,
      );
      return false;
    }
  };
}

/**
 * Returns an address in the form in which addresses are compared: an IPv4 address that arrived over an IPv6 socket is
 * an IPv4 address; an IPv6 address has its shortest form, without the zone, which names our own interface. Other text
 * stays as it is.
 */
export function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(shortest)?.[1] ?? shortest;
}

type AnyFunction = (callback: (error: unknown, list?: unknown) => void) => unknown;

function ask(whitelist: AnyFunction): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = whitelist((error, list) => {
      if (error) reject(error);
      else resolve(list);
    });
    // One that uses the callback returns whatever its last call did, or resolves to nothing, and may do so first.
    const hasReturned = (list: unknown): void => {
      if (Array.isArray(list) || whitelist.length === 0) resolve(list);
    };
    if (typeof (returned as PromiseLike<unknown> | undefined)?.then === 'function')
      (returned as PromiseLike<unknown>).then(hasReturned, reject);
    else hasReturned(returned);
  });
}

function compile(list: unknown): (address: string) => boolean {
  if (!Array.isArray(list)) throw unfit('whitelist', 'a list of addresses and patterns', list);
  const addresses = new Set<string>();
  const patterns: RegExp[] = [];
  for (const entry of list as unknown[]) {
    // Anchored, or /10\.0\.0\.1/ would let 110.0.0.12 in. The flags left out make a pattern remember its last match.
    if (types.isRegExp(entry)) patterns.push(new RegExp(`^(?:${entry.source})$`, entry.flags.replace(/[gy]/g, '')));
    else if (typeof entry === 'string' && isIP(entry) !== 0) addresses.add(canonicalAddress(entry));
    else throw invalid(`whitelist must hold addresses and RegExps, got ${shown(entry)} among them`);
  }
  return (address) => addresses.has(address) || patterns.some((pattern) => pattern.test(address));
}
