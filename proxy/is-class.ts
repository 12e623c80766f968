/**
 * True for a class, whose `prototype` cannot be written. A class is no callback, but an argument that no codec carries. The
 * first test makes no object, and most callbacks are arrow functions, which have no `prototype`.
 */
export function isClass(fn: object): boolean {
  return 'prototype' in fn && Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}
