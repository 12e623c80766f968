import type { RawBytes } from '../raw-bytes.js';
import { bytesOf, type Feature } from './message.js';

/** Feature of a Leader with subscriptions: an acknowledgement of a value acknowledges all values that were sent before. */
export const VALUES_FEATURE: Feature = 'values';

/** Head of an acknowledgement. */
export const VALUE_ACKNOWLEDGED: RawBytes = bytesOf({ type: 'subscribe_result_res' });

let lastKey: string | undefined;
let lastHead: RawBytes = VALUE_ACKNOWLEDGED;

/** Head of a value. A value goes to all subscribers of a key at once, so the head of the last key is kept. */
export function subscribeResultHead(key: string): RawBytes {
  if (key === lastKey) return lastHead;
  lastHead = bytesOf({ type: 'subscribe_result', key });
  lastKey = key;
  return lastHead;
}
