/**
 * Makes `instanceof` of a class hold for instances that another copy of the package made. Test runners load the package again
 * after `resetModules`, and an application may have two copies installed; each copy has a class of its own.
 * Instances are recognised by a symbol on the prototype, registered under the name. Subclasses are told apart as usual.
 */
export function spanCopies(type: abstract new (...args: never[]) => object, name: string): void {
  const brand = Symbol.for(name);
  Object.defineProperty(type.prototype, brand, { value: true });
  const hasInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(type, Symbol.hasInstance, {
    // As a method, so that `this` is the class on the right of `instanceof`: this one, or a subclass.
    value(this: unknown, value: unknown): boolean {
      return hasInstance.call(this as typeof type, value) || (this === type && inherits(value, brand));
    },
  });
}

/** Reads prototypes alone, as `instanceof` does: no getter of the value and no other trap of a proxy runs. */
function inherits(value: unknown, brand: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (let each: unknown = Object.getPrototypeOf(value); each !== null; each = Object.getPrototypeOf(each))
    if (Object.hasOwn(each as object, brand)) return true;
  return false;
}
