import { type BinaryLike, hash } from 'node:crypto';
import { integer, invalid } from '../lib/options.js';
import { methodName, type RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import { HashRing } from './hash-ring.js';
import type { Router } from './router.js';

export interface ConsistentHashOptions {
  /** Points of each server on the ring. Unit: points. Range: 1 to 10,000. @default 100, as pomelo-rpc */
  replicas?: number | undefined;
  /** Any digest of `crypto.getHashes()`. @default 'md5', as pomelo-rpc; it spreads keys, it guards nothing */
  algorithm?: string | undefined;
  /**
   * Which argument of the call is the key, counted from 0. Calls in which it is undefined or null, and all calls
   * when this is not given, are keyed by the JSON of the whole message.
   */
  hashFieldIndex?: number | undefined;
}

/**
 * The same key to the same server, and when one of n servers joins or leaves, only the keys that go to it or came
 * from it move. Keys land where pomelo-rpc puts them: its ring of md5 points, its choice among them.
 *
 * The key is the argument at `hashFieldIndex`: text as it is, Buffers and typed arrays as their bytes, other
 * objects as JSON, the rest as `String` writes it. Without that argument it is the JSON of the message, so that
 * equal calls meet at one server; that costs what stringifying the arguments costs. What JSON cannot write (a cycle,
 * a bigint inside) is keyed by `namespace.module.method`, which sends all such calls of a method to one server.
 *
 * Throws {@link RpcCode.InvalidArgument} for options out of range.
 */
export function consistentHash(options: ConsistentHashOptions = {}): Router {
  const { hashFieldIndex } = options;
  if (hashFieldIndex !== undefined) integer('hashFieldIndex', hashFieldIndex, 0, 0);
  const none = HashRing.empty({
    replicas: integer('replicas', options.replicas, 100, 1, 10_000),
    algorithm: digest(options.algorithm ?? 'md5'),
  });
  // The ring of every snapshot that is still in use, so that a retry on fewer servers does not cost the full list its
  // own; and the newest of each type, from which the next is made.
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
    return JSON.stringify(value) ?? methodName(msg.namespace, msg.service, msg.method); // a toJSON may give undefined
  } catch {
    return methodName(msg.namespace, msg.service, msg.method);
  }
}

/** Tried rather than looked up: aliases such as 'MD5' work, and listed ones that this OpenSSL refuses do not. */
function digest(algorithm: string): string {
  try {
    hash(algorithm, '');
    return algorithm;
  } catch {
    throw invalid(`algorithm must be a digest that this Node.js offers (crypto.getHashes()), got ${String(algorithm)}`);
  }
}
