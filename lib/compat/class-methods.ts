/**
 * Names of the methods of a class, or of an object that a class has made. For a class, the methods of its prototype. For an
 * object, its own functions and those of its class; with `containParent`, those of the parent classes too. A name may
 * occur twice, where an object overrides a method of its class. Source: pinus-rpc 1.7.4.
 * @example
 * ```ts
 * import { listEs6ClassMethods } from 'mailstation/pinus-rpc';
 *
 * class ChatRemote {
 *   kick(): void {}
 * }
 * console.log(listEs6ClassMethods(ChatRemote)); // [ 'kick' ]
 * console.log(listEs6ClassMethods(new ChatRemote())); // [ 'kick' ]
 * ```
 */
export function listEs6ClassMethods(objectOrClass: object, containParent = false): string[] {
  const { prototype } = objectOrClass as { prototype?: object };
  const isClass = prototype !== undefined && prototype !== null && prototype.constructor === objectOrClass;
  if (isClass) return methodsIn(prototype, Object.getOwnPropertyNames(prototype));
  const names = Object.getOwnPropertyNames(objectOrClass);
  for (let at = Object.getPrototypeOf(objectOrClass); at !== null; at = Object.getPrototypeOf(at)) {
    // The object's own class counts in every case, even where that is Object itself, as in pinus-rpc.
    const isParent = at !== Object.getPrototypeOf(objectOrClass);
    if (isParent && (!containParent || at === Object.prototype)) break;
    names.push(...Object.getOwnPropertyNames(at));
  }
  return methodsIn(objectOrClass, names);
}

function methodsIn(object: object, names: readonly string[]): string[] {
  return names.filter((name) => name !== 'constructor' && typeof Reflect.get(object, name) === 'function');
}
