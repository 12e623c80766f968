/** Parts that are not fields, and names with which a field could change how a language or a tool treats the error. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['name', 'message', 'code', 'stack', 'cause', 'errors'],
  ...['prototype', 'then', 'toJSON'],
  ...Object.getOwnPropertyNames(Object.prototype), // `constructor`, `__proto__`, `toString`, ...
]);

/** True for the name of a field that is neither sent nor set on an error that was received. */
export function isReservedField(name: string): boolean {
  return RESERVED.has(name);
}
