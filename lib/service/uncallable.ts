import { readAccessor } from './accessors.js';
import { partsOf } from './checked-method.js';
import { isCallableName, isClass, isFunction, isGenerator, levelsOf } from './methods.js';
import { isSchemaLike } from './standard-schema.js';

/** Number of members that {@link whyNoneCallable} lists. */
const SHOWN = 3;

/**
 * Reason why a member that an instance visibly has cannot be called, and the cure, as a clause: `gen is a generator
 * function, ...`. Undefined where there is no such member. No getter is run here, and no value is repeated.
 */
export function whyUncallable(instance: object, name: string): string | undefined {
  if (name.startsWith('_')) return `names that begin with "_" are private; rename the method`;
  if (!isCallableName(name)) return undefined;
  for (const level of levelsOf(instance)) {
    const property = Object.getOwnPropertyDescriptor(level, name);
    if (property === undefined) continue;
    if (property.get === undefined) return whyNotMethod(name, property.value);
    const reading = readAccessor(instance, level, name, property.get);
    if (reading === undefined)
      return `${name} is a getter of a class, and a getter that does more than return a field is not read; make it a method`;
    if ('failed' in reading) return `${name} is a getter that failed when the module was loaded; make it a method`;
    return whyNotMethod(name, reading.value);
  }
  return undefined;
}

/** Reasons for an instance without any method, of at most a few members. Empty for an instance without members. */
export function whyNoneCallable(instance: object): string {
  const reasons: string[] = [];
  for (const level of levelsOf(instance)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const why = isCallableName(name) ? whyUncallable(instance, name) : undefined;
      if (why !== undefined && reasons.length < SHOWN) reasons.push(why);
    }
  }
  return reasons.join('; ');
}

function whyNotMethod(name: string, value: unknown): string {
  if (!isFunction(value)) return `${name} is not a function but ${kindOf(value)}; only functions can be called`;
  if (isSchemaLike(value)) return `${name} is a schema, which callers cannot call; give the schema to checked()`;
  const { fn } = partsOf(value);
  if (isGenerator(fn))
    return `${name} is a generator function, and an iterator cannot be sent; make it an async generator function, whose values callers read as a stream, or return an array`;
  if (isClass(value)) return `${name} is a class; serve an instance of the class as a module`;
  return `${name} was added after the module had been loaded; add the function before`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
