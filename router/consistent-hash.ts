import { type BinaryLike, hash } from 'node:crypto';
import { jsonText } from '../lib/json-text.js';
import { integer, invalid } from '../lib/options.js';
import { shown } from '../lib/quoted.js';
import { methodName, type RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import { HashRing } from './hash-ring.js';
import type { Router } from './router.js';

/** Options of the strategy `ch`. */
export interface ConsistentHashOptions {
  /** Points of each server on the ring. Unit: points. Range: 1 to 10_000. Source: pomelo-rpc. @default 100 */
  replicas?: number | undefined;
  /**
   * Digest that places keys and servers on the ring: a name of `crypto.getHashes()`. The digest spreads keys, and guards
   * nothing. Source: pomelo-rpc.
   * @default 'md5'
   */
  algorithm?: string | undefined;
  /**
   * Index of the argument that is the key. Calls without that argument, and all calls when this option is not given, have
   * the JSON of the whole message for a key. Range: from 0. Source: pomelo-rpc.
   * @default none
   */
  hashFieldIndex?: number | undefined;
}

export const CONSISTENT_HASH_DEFAULTS = Object.freeze({
  replicas: 100,
  algorithm: 'md5',
}) satisfies ConsistentHashOptions;

/**
 * Sends the same key to the same server. When one of n servers joins or leaves, only the keys that move to or from that
 * server change. Keys land where pomelo-rpc puts them: on a ring of md5 points.
 *
 * The key is the argument at `hashFieldIndex`: text as it is, Buffers and typed arrays as their bytes, other objects as
 * JSON, the rest as `String` writes it. Without that argument the key is the JSON of the message, so that equal calls meet
 * at one server, at the price of stringifying the arguments. A key that JSON cannot write (a cycle, a bigint inside) is
 * replaced by `namespace.module.method`, so that all such calls of a method go to one server.
 *
 * Throws {@link RpcCode.InvalidArgument} for options out of range.
 */
export function consistentHash(options: ConsistentHashOptions = {}): Router {
  const { hashFieldIndex } = options;
  if (hashFieldIndex !== undefined) integer('hashFieldIndex', hashFieldIndex, 0, 0);
  const none = HashRing.empty({
    replicas: integer('replicas', options.replicas, CONSISTENT_HASH_DEFAULTS.replicas, 1, 10_000),
    algorithm: digest(options.algorithm ?? CONSISTENT_HASH_DEFAULTS.algorithm),
  });
  // The rings of all snapshots in use, so that a retry on fewer servers does not push out the ring of the full list; and the
  // newest ring of each type, from which the next one is made.
  const rings = new WeakMap<readonly ServerInfo[], HashRing>();
  const newest = new Map<string, HashRing>();

  function ringOf(servers: readonly ServerInfo[], serverType: string): HashRing {
    let ring = rings.get(servers);
    if (ring === undefined) {
      ring = (newest.get(serverType) ?? none).with(servers);
      rings.set(servers, ring);
      newest.set(serverType, ring);
    }
    return ring;
  }

  return {
    name: 'consistent-hash',
    isKeyed: true,
    pick(servers, request) {
      if (servers.length === 1) return servers[0];
      return ringOf(servers, request.serverType).find(keyOf(request.msg, hashFieldIndex)) ?? servers[0];
    },
  };
}

function keyOf(msg: RpcMessage, hashFieldIndex: number | undefined): BinaryLike {
  const field = hashFieldIndex === undefined ? undefined : msg.args[hashFieldIndex];
  if (field === undefined || field === null) return jsonOf(msg, msg);
  if (ArrayBuffer.isView(field)) return field as NodeJS.ArrayBufferView;
  return typeof field === 'object' ? jsonOf(field, msg) : String(field);
}

function jsonOf(value: object, msg: RpcMessage): string {
  try {
    return jsonText(value) ?? methodName(msg.namespace, msg.service, msg.method); // a toJSON may give undefined
  } catch {
    return methodName(msg.namespace, msg.service, msg.method);
  }
}

/** Tries the digest instead of looking for its name: aliases such as 'MD5' work, and OpenSSL may refuse a listed name. */
function digest(algorithm: string): string {
  try {
    hash(algorithm, '');
    return algorithm;
  } catch {
    throw invalid(
      `algorithm must be a digest that this Node.js offers (crypto.getHashes() lists them), got ${shown(algorithm)}`,
    );
  }
}
