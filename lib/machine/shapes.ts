import type { Change, ChangeEvent, Commit, Entry, Snapshot } from '../registry/engine.js';
import type { FailureReport, Reply, StateReport } from './reply.js';
import type { SentGrant, WatchItem } from './store-host.js';

/**
 * Checks of what the process that has the connection sends. The process may have another version of this package, and types say nothing about
 * the values that arrive. Fields that are not known here are passed over.
 */

export type Shape<T> = (value: unknown) => value is T;

const DELIVERIES: readonly unknown[] = ['not-sent', 'unknown', 'answered', null];
const WATCH_ENDS: readonly unknown[] = ['disconnected', 'compacted', 'store-changed', 'refused'];
/** As in {@link Lease.id} of the engine. */
const LEASE_ID = /^[0-9a-f]{16}$/;

export function isReply<T>(value: unknown, fits: Shape<T>): value is Reply<T> {
  if (!hasFields(value) || !isStateReport(value.state)) return false;
  return 'failure' in value ? isFailureReport(value.failure) : fits(value.value);
}

export function isStateReport(value: unknown): value is StateReport {
  return (
    hasFields(value) &&
    isText(value.host) &&
    Number.isSafeInteger(value.turn) &&
    isBoolean(value.connected) &&
    Number.isFinite(value.age) &&
    [value.endpoint, value.store, value.obstacle].every((text) => text === null || isText(text))
  );
}

export function isWatchItem(value: unknown): value is WatchItem {
  if (!hasFields(value)) return false;
  if ('end' in value) return WATCH_ENDS.includes(value.end) && isText(value.why) && isStateReport(value.state);
  return 'change' in value ? isChange(value.change) : value.opened === true;
}

export function isSnapshot(value: unknown): value is Snapshot {
  return (
    hasFields(value) &&
    isText(value.store) &&
    isText(value.connection) &&
    Number.isInteger(value.revision) &&
    Array.isArray(value.entries) &&
    value.entries.every(isEntry)
  );
}

export function isCommit(value: unknown): value is Commit {
  return isSnapshot(value) && 'done' in value && isBoolean(value.done);
}

export function isSentGrant(value: unknown): value is SentGrant {
  return (
    hasFields(value) &&
    isText(value.id) &&
    LEASE_ID.test(value.id) &&
    typeof value.ttl === 'number' &&
    Number.isFinite(value.ttl) &&
    value.ttl > 0 &&
    Number.isFinite(value.waited)
  );
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isNull(value: unknown): value is null {
  return value === null;
}

function isFailureReport(value: unknown): value is FailureReport {
  return hasFields(value) && isText(value.code) && isText(value.message) && DELIVERIES.includes(value.delivery);
}

function isChange(value: unknown): value is Change {
  return (
    hasFields(value) && Number.isInteger(value.revision) && Array.isArray(value.events) && value.events.every(isEvent)
  );
}

function isEvent(value: unknown): value is ChangeEvent {
  if (!hasFields(value)) return false;
  return value.type === 'put' ? isEntry(value.entry) : value.type === 'delete' && isText(value.key);
}

function isEntry(value: unknown): value is Entry {
  return (
    hasFields(value) &&
    isText(value.key) &&
    isText(value.value) &&
    Number.isInteger(value.created) &&
    Number.isInteger(value.modified) &&
    (value.lease === undefined || isText(value.lease))
  );
}

function hasFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
