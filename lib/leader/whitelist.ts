import { isIP, SocketAddress } from 'node:net';
import { inspect, types } from 'node:util';
import type { Logger } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import { invalid } from '../options.js';

/** An address exactly, or a pattern that must match the whole of one. */
export type WhitelistEntries = readonly (string | RegExp)[];

/**
 * Who may connect: a list; a function that returns one or a promise of one; or, as pomelo-rpc has it, a function that
 * gives one to its callback. A function is asked at each connection. Without parameters it must return the list.
 */
export type Whitelist =
  | WhitelistEntries
  | (() => WhitelistEntries | Promise<WhitelistEntries>)
  | ((callback: (error: unknown, list?: WhitelistEntries) => void) => void);

/** Whether a peer is let in: at once where that is known, else later. Never rejects. */
export type Admission = (address: string) => boolean | Promise<boolean>;

/**
 * The check of a whitelist; undefined where there is none, and everyone is let in. A function that fails in whatever
 * way lets nobody in, and is logged. Throws {@link RpcCode.InvalidArgument} for a list with anything else in it than
 * addresses and patterns.
 */
export function resolveWhitelist(given: unknown, logger: Logger): Admission | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'function') return compile(given);
  return async (address) => {
    try {
      return compile(await ask(given as AnyFunction))(address);
    } catch (error) {
      logger.error(`mailstation: nobody is let in while the whitelist fails, ${address} is not: ${messageOf(error)}`);
      return false;
    }
  };
}

/**
 * The address as it is compared: an IPv4 address that arrived over an IPv6 socket is an IPv4 address, and one of IPv6
 * has its shortest form, without the zone, which names our own interface. What is no address stays as it is.
 */
export function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(shortest)?.[1] ?? shortest;
}

/** The address in a stream's name for its peer: `127.0.0.1:3333`, `::1:3333`, `ws://127.0.0.1:3333`. */
export function addressOf(peer: string): string {
  return canonicalAddress(peer.replace(/^\w+:\/\//, '').replace(/:\w+$/, ''));
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
  if (!Array.isArray(list))
    throw invalid(`whitelist must be a list of addresses and patterns, got ${inspect(list, { depth: 0 })}`);
  const addresses = new Set<string>();
  const patterns: RegExp[] = [];
  for (const entry of list as unknown[]) {
    // Anchored, or /10\.0\.0\.1/ would let 110.0.0.12 in. The flags left out make a pattern remember its last match.
    if (types.isRegExp(entry)) patterns.push(new RegExp(`^(?:${entry.source})$`, entry.flags.replace(/[gy]/g, '')));
    else if (typeof entry === 'string' && isIP(entry) !== 0) addresses.add(canonicalAddress(entry));
    else throw invalid(`the whitelist has ${inspect(entry)} in it, which is neither an address nor a RegExp`);
  }
  return (address) => addresses.has(address) || patterns.some((pattern) => pattern.test(address));
}
