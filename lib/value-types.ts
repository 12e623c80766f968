/** Questions about the internal slots of objects. `browser/lib/value-types.ts` answers them in web pages. */
export { types } from 'node:util';

/** True for the prototype of Node's Buffer, the class of binary data that only Node has. */
export function isBufferPrototype(prototype: object): boolean {
  return prototype === Buffer.prototype;
}
