function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** By tags, which objects of other windows have too. */
export const types = {
  isDate: (value: unknown): value is Date => tagOf(value) === 'Date',
  isMap: (value: unknown): value is Map<unknown, unknown> => tagOf(value) === 'Map',
  isSet: (value: unknown): value is Set<unknown> => tagOf(value) === 'Set',
  isArrayBuffer: (value: unknown): value is ArrayBuffer => tagOf(value) === 'ArrayBuffer',
  // A DOMException is an Error, and has a tag of its own.
  isNativeError: (value: unknown): value is Error => value instanceof Error || tagOf(value) === 'Error',
};
