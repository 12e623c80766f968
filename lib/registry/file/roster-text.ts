import { messageOf } from '../../errors.js';
import { invalid, unfit } from '../../options.js';
import type { ServerEntry } from '../../server-info.js';

/**
 * Reads the text of a file of servers: a list of entries, or an object whose field `servers` is one. Throws {@link
 * RpcCode.InvalidArgument}. The client that takes the list checks each entry.
 */
export function parseRoster(text: string): readonly ServerEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')); // editors of Windows write a mark of the byte order
  } catch (error) {
    throw invalid(text.trim() === '' ? 'the file is empty' : `the file holds no JSON: ${messageOf(error)}`);
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const list = isObject ? (value as { servers?: unknown }).servers : value;
  if (!Array.isArray(list))
    throw unfit('the content of the file', 'a list of servers, or an object { "servers": [...] }', value);
  return list as ServerEntry[];
}
