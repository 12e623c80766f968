import { fieldsOf, MAX_TIMEOUT_MS, unfit } from '../options.js';
import type { Condition, LeaseOfKey, Operation } from '../registry/engine.js';

/**
 * Checks of what another process of the machine has sent. That process is a peer: one wrong value must not reach the connection that
 * all of them have together. Each function throws {@link RpcCode.InvalidArgument}.
 */

/** Operation on the way between processes: a lease is an id. */
export type SentOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly lease: string | null }
  | Exclude<Operation, { type: 'put' }>;

/** Time of a lease. Unit: ms */
export function sentTtl(ttl: unknown): number {
  if (Number.isSafeInteger(ttl) && isTime(ttl)) return ttl;
  throw unfit('the time of a lease', `an integer from 0 to ${MAX_TIMEOUT_MS}`, ttl);
}

/** Time for an answer. Unit: ms */
export function sentTimeout(timeout: unknown): number {
  if (isTime(timeout)) return timeout;
  throw unfit('the timeout', `a number from 0 to ${MAX_TIMEOUT_MS}`, timeout);
}

export function sentLease(id: unknown): string {
  if (typeof id === 'string' && /^[0-9a-f]{16}$/i.test(id)) return id;
  throw unfit('the id of a lease', '16 hexadecimal digits', id);
}

export function sentText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw unfit(name, 'a string', value);
}

export function sentRevision(revision: unknown): number {
  if (Number.isSafeInteger(revision) && (revision as number) >= 0) return revision as number;
  throw unfit('a revision', 'a safe integer from 0', revision);
}

export function sentConditions(list: unknown): Condition[] {
  return listOf('the conditions of a commit', list).map((sent) => {
    const condition = fieldsOf('a condition', sent, 'an object') as {
      key?: unknown;
      created?: unknown;
      modified?: unknown;
    };
    const key = sentText('the key of a condition', condition.key);
    if (condition.created !== undefined) return { key, created: sentRevision(condition.created) };
    return { key, modified: sentRevision(condition.modified) };
  });
}

export function sentOperations(list: unknown): Operation[] {
  return listOf('the operations of a commit', list).map((sent) => {
    const operation = fieldsOf('an operation', sent, 'an object') as Record<string, unknown>;
    const { type } = operation;
    if (type === 'list') return { type, prefix: sentText('the prefix of a list', operation.prefix) };
    if (type !== 'put' && type !== 'delete' && type !== 'get')
      throw unfit('the type of an operation', '"put", "delete", "get" or "list"', type);
    const key = sentText('the key of an operation', operation.key);
    if (type !== 'put') return { type, key };
    const value = sentText('the value of a key', operation.value);
    return operation.lease === null ? { type, key, value } : { type, key, value, lease: leaseOf(operation.lease) };
  });
}

/** The holder of the lease has compared its clocks. */
function leaseOf(id: unknown): LeaseOfKey {
  return { id: sentLease(id), alive: () => true };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIMEOUT_MS;
}

function listOf(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw unfit(name, 'a list', value);
}
