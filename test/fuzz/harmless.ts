import assert from 'node:assert/strict';
import { RpcError } from '../../lib/errors.js';
import { decodeList } from '../../lib/protocol/argument-list.js';
import type { Codec } from '../../lib/protocol/codec.js';
import type { HeadCache } from '../../lib/protocol/head-cache.js';
import { jsonCodec } from '../../lib/protocol/json-codec.js';
import type { Head } from '../../lib/protocol/message.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';

export const CODECS: readonly Codec[] = [msgpackCodec, stockCodec, jsonCodec];

/** Does with a frame what an end does with it. Fails on an error that no peer's bytes may cause. */
export function digest(heads: HeadCache, frame: FrameView): void {
  const head = expectRpcError(() => heads.decode(frame));
  const { bytes, bodyStart, end } = frame;
  for (const codec of CODECS) {
    expectError(() => codec.decode(bytes, bodyStart, end));
    if (head?.type === 'invoke') expectError(() => decodeList(codec, bytes, bodyStart, end, head.argLength));
    if (head?.type === 'invoke_result') expectError(() => decodeList(codec, bytes, bodyStart, end, head.results ?? 1));
  }
}

function expectRpcError(attempt: () => Head): Head | undefined {
  try {
    return attempt();
  } catch (error) {
    assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
    return undefined;
  }
}

/** Returns the value, which must consist of known types, or undefined where the attempt throws an Error. */
export function expectError(attempt: () => unknown): unknown {
  let value: unknown;
  try {
    value = attempt();
  } catch (error) {
    assert.ok(error instanceof Error, `not an Error: ${String(error)}`);
    return undefined;
  }
  expectHarmless(value);
  return value;
}

const KNOWN_PROTOTYPES: ReadonlySet<unknown> = new Set(
  [
    ...[
      Object,
      Array,
      Buffer,
      Map,
      Set,
      Date,
      ArrayBuffer,
      DataView,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
    ],
    ...[Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
    ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ].map(({ prototype }) => prototype),
);

function expectHarmless(value: unknown): void {
  assert.notEqual(typeof value, 'function');
  assert.notEqual(typeof value, 'symbol');
  if (typeof value !== 'object' || value === null) return;
  assert.ok(KNOWN_PROTOTYPES.has(Object.getPrototypeOf(value)), 'the prototype came from the wire');
  assert.equal(Object.hasOwn(value, '__proto__'), false);
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map || value instanceof Set) for (const part of value) expectHarmless(part);
  for (const part of Object.values(value)) expectHarmless(part);
}
