import { fieldsOf, integer, invalid } from '../lib/options.js';

/** The part of a list that an answer has. */
export interface PageRequest {
  /** Only names that begin so. @default '' */
  readonly prefix?: string | undefined;
  /** Only names behind this one: `next` of the answer before. @default all */
  readonly after?: string | undefined;
  /** Entries at most. Range: 1 to 1,000. @default 500 */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 500;
const MAX_LIMIT = 1_000;
/** Size of the entries of one answer, as far as they can be estimated: a quarter of the frame limit by default. Bytes */
const MAX_BYTES = 1024 * 1024;

/** One page of entries. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** Name to ask for with `after`; undefined on the last page. */
  readonly next: string | undefined;
}

/** Entries of the names that were asked for, in the order of the names. `sizeOf`: estimate of an entry in bytes. */
export function pageOf<Entry>(
  names: readonly string[],
  request: unknown,
  make: (name: string) => Entry | undefined,
  sizeOf: (entry: Entry) => number,
): Page<Entry> {
  const { prefix, after, limit } = readRequest(request);
  const wanted = names.filter((name) => name.startsWith(prefix) && (after === undefined || name > after)).sort();
  const entries: Entry[] = [];
  let bytes = 0;
  let last: string | undefined;
  for (const name of wanted) {
    if (entries.length >= limit) return { entries, next: last };
    const entry = make(name);
    if (entry === undefined) continue;
    bytes += sizeOf(entry);
    if (bytes > MAX_BYTES && entries.length > 0) return { entries, next: last };
    entries.push(entry);
    last = name;
  }
  return { entries, next: undefined };
}

function readRequest(given: unknown): { prefix: string; after: string | undefined; limit: number } {
  if (given === undefined || given === null) return { prefix: '', after: undefined, limit: DEFAULT_LIMIT };
  fieldsOf('the argument', given, 'an object { prefix, after, limit }');
  const { prefix = '', after, limit } = given as PageRequest;
  if (typeof prefix !== 'string') throw invalid('prefix must be a text');
  if (after !== undefined && typeof after !== 'string') throw invalid('after must be a text');
  return { prefix, after, limit: integer('limit', limit, DEFAULT_LIMIT, 1, MAX_LIMIT) };
}
