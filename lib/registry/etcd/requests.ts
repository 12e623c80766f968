import type { Condition, Operation } from '../engine.js';
import { ProtoWriter } from './protobuf.js';

/**
 * etcd's requests, as bytes. The numbers are those of the fields in etcd's rpc.proto:
 * https://github.com/etcd-io/etcd/blob/main/api/etcdserverpb/rpc.proto. All of them are in etcd since 3.3.
 */

/** Values of the enum `CompareTarget`. */
const COMPARE_CREATED = 1;
const COMPARE_MODIFIED = 2;

/** A list has the keys from `key` to the first key that does not begin with it. */
export function rangeRequest(prefix: string, isSerializable = false): Buffer {
  return range(prefix).bool(7, isSerializable).finish();
}

/** Reads whether one key exists, at this member alone: answers without a majority, too. */
export function pulseRequest(key: string): Buffer {
  return new ProtoWriter().text(1, key).bool(7, true).bool(9, true).finish();
}

export function txnRequest(
  prefix: string,
  when: readonly Condition[],
  then: readonly Operation[],
  otherwise: readonly Operation[],
): Buffer {
  const txn = new ProtoWriter();
  for (const condition of when) txn.message(1, compare(prefix, condition));
  for (const operation of then) txn.message(2, requestOp(prefix, operation));
  for (const operation of otherwise) txn.message(3, requestOp(prefix, operation));
  return txn.finish();
}

/** `ttl`: the time that is asked for. Unit: s */
export function grantRequest(ttl: number): Buffer {
  return new ProtoWriter().int(1, ttl).finish();
}

export function leaseRequest(id: string): Buffer {
  return new ProtoWriter().hex(1, id).finish();
}

/** `from`: the first revision that is wanted. */
export function watchRequest(prefix: string, from: number): Buffer {
  return new ProtoWriter().message(1, range(prefix).int(3, from)).finish();
}

export function loginRequest(user: string, password: string): Buffer {
  return new ProtoWriter().text(1, user).text(2, password).finish();
}

function compare(prefix: string, condition: Condition): ProtoWriter {
  const isCreated = 'created' in condition;
  const writer = new ProtoWriter()
    .int(2, isCreated ? COMPARE_CREATED : COMPARE_MODIFIED)
    .text(3, prefix + condition.key);
  return isCreated ? writer.chosenInt(5, condition.created) : writer.chosenInt(6, condition.modified);
}

function requestOp(prefix: string, operation: Operation): ProtoWriter {
  const op = new ProtoWriter();
  switch (operation.type) {
    case 'put': {
      const put = new ProtoWriter().text(1, prefix + operation.key).text(2, operation.value);
      if (operation.lease !== undefined) put.hex(3, operation.lease.id);
      return op.message(2, put);
    }
    case 'delete':
      return op.message(3, new ProtoWriter().text(1, prefix + operation.key));
    case 'get':
      return op.message(1, new ProtoWriter().text(1, prefix + operation.key));
    case 'list':
      return op.message(1, range(prefix + operation.prefix));
  }
}

/** The fields `key` and `range_end`, which have the same numbers in each request. */
function range(prefix: string): ProtoWriter {
  return new ProtoWriter().text(1, prefix).bytes(2, endOf(prefix));
}

/** The first key after all keys that begin with the prefix. The bytes of UTF-8 are below 0xff, so that the last can be raised. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
