import { types } from 'node:util';
import { RpcCode, RpcError } from '../errors.js';
import { boolean, invalid, nonEmptyString } from '../options.js';
import { methodName } from '../rpc-message.js';
import { type Method, methodsOf } from './methods.js';
import type { LoadedModule } from './remote-module.js';

/** What mailstation's own servers answer under; no service may use it. */
export const RESERVED_NAMESPACE = '$mailstation';

/** A function that can be called by name, with all that the call of it needs. */
export interface ServiceMethod {
  /** `namespace.module.method` */
  readonly name: string;
  readonly fn: Method;
  /** The service: `this` of the call. */
  readonly self: object;
  /** A callback is appended to the arguments. Never for an async function. */
  readonly callbacks: boolean;
}

/** What a module offers, for whoever asks what there is. */
export interface ServiceListing {
  readonly namespace: string;
  readonly module: string;
  /** The last parts of the names, in the order of the module. */
  readonly methods: readonly string[];
}

export interface AddServicesOptions {
  /** Whether the methods answer by a callback, as pomelo's do. @default false */
  readonly callbacks?: boolean;
}

/** `services[namespace][module]`: the objects that the methods are called on. */
export type ServiceObjects = Record<string, Record<string, object>>;

/** The unit of adding and replacing: a module of a namespace, with all its methods. */
interface ServedModule {
  readonly namespace: string;
  readonly module: string;
  readonly file: string;
  readonly instance: object;
  readonly methods: ReadonlyMap<string, ServiceMethod>;
}

/** How much of a caller's own text, and how many names of ours, one message repeats. */
const SHOWN_CHARS = 100;
const SHOWN_NAMES = 8;

/**
 * All that may be called in a server. A name is looked up whole and never split: `a.b.c.d` is in one table, and
 * whether `a` or `a.b` is its namespace is the business of who added it. What would be ambiguous is refused then.
 *
 * Functions are read once, when added: replacing one on the instance afterwards changes nothing.
 *
 * Invariant: `#methods` holds exactly the methods of the modules in `#modules`, by their whole names.
 */
export class ServiceRegistry {
  readonly #methods = new Map<string, ServiceMethod>();
  /** By `namespace.module`. */
  readonly #modules = new Map<string, ServedModule>();

  /** How many methods there are. */
  get size(): number {
    return this.#methods.size;
  }

  /**
   * Adds modules to a namespace, which may have some already; all of them or, when it throws, none.
   * Throws {@link RpcCode.InvalidArgument} for an empty or the reserved namespace, and {@link RpcCode.Load} where
   * two modules have one name, or two methods one whole name.
   */
  add(namespace: string, modules: readonly LoadedModule[], options: AddServicesOptions = {}): void {
    this.replace(namespace, [], modules, options);
  }

  /**
   * Takes the named modules out of a namespace, and puts others in, in one step: all of it or, when it throws as
   * {@link ServiceRegistry.add} does, nothing. Whatever else there is stays as it is. A name that is not there is no
   * error. Calls that are running hold their function, and end in the old code.
   */
  replace(
    namespace: string,
    removed: readonly string[],
    modules: readonly LoadedModule[],
    options: AddServicesOptions = {},
  ): void {
    nonEmptyString('namespace', namespace);
    if (namespace === RESERVED_NAMESPACE || namespace.startsWith(`${RESERVED_NAMESPACE}.`)) {
      throw invalid(`namespace ${namespace} is reserved`);
    }
    const callbacks = boolean('callbacks', options.callbacks, false);
    const added = modules.map((module) => serve(namespace, module, callbacks));
    const leaving = removed.flatMap((module) => this.#modules.get(pathOf({ namespace, module })) ?? []);
    const all = [...this.#modules.values()].filter((served) => !leaving.includes(served));
    for (const served of added) {
      for (const other of all) refuseCollision(other, served);
      all.push(served);
    }
    for (const served of leaving) this.#delete(served);
    for (const served of added) this.#insert(served);
  }

  /** False where there was none. */
  remove(namespace: string, module: string): boolean {
    const served = this.#modules.get(pathOf({ namespace, module }));
    if (served !== undefined) this.#delete(served);
    return served !== undefined;
  }

  lookup(name: string): ServiceMethod | undefined {
    return this.#methods.get(name);
  }

  /** The error for a name that nothing is served under; undefined where there is a method. */
  missing(name: string): RpcError | undefined {
    return this.#methods.has(name) ? undefined : new RpcError(RpcCode.NoMethod, this.explainMissing(name));
  }

  /**
   * Which part of a name is missing, and what there is in its place, nearest first. Fit for an answer: it repeats no
   * more than the beginning of the name, and lists no more than a few.
   */
  explainMissing(name: string): string {
    const shown = JSON.stringify(name.length > SHOWN_CHARS ? `${name.slice(0, SHOWN_CHARS)}...` : name);
    const modules = [...this.#modules.values()];

    const module = nearest(modules, pathOf, name);
    if (module !== undefined) {
      const path = pathOf(module);
      return `no such method: ${shown}; module ${path} has ${listed(module.methods.keys(), name.slice(path.length + 1))}`;
    }
    const namespace = nearest(modules, namespaceOf, name)?.namespace;
    if (namespace !== undefined) {
      const siblings = modules.filter((each) => each.namespace === namespace).map((each) => each.module);
      return `no such module: ${shown}; namespace ${namespace} has ${listed(siblings, name.slice(namespace.length + 1))}`;
    }
    return `no such namespace: ${shown}; this server has ${listed(new Set(modules.map(namespaceOf)), name)}`;
  }

  /** Every module with its methods, in the order of adding. */
  list(): ServiceListing[] {
    return [...this.#modules.values()].map(({ namespace, module, methods }) => ({
      namespace,
      module,
      methods: [...methods.keys()],
    }));
  }

  /** The services themselves, as pomelo's acceptors are given them. A new object each time. */
  objects(): ServiceObjects {
    const namespaces: ServiceObjects = Object.create(null);
    for (const { namespace, module, instance } of this.#modules.values()) {
      namespaces[namespace] ??= Object.create(null) as Record<string, object>;
      namespaces[namespace][module] = instance;
    }
    return namespaces;
  }

  #delete(served: ServedModule): void {
    this.#modules.delete(pathOf(served));
    for (const method of served.methods.values()) this.#methods.delete(method.name);
  }

  #insert(served: ServedModule): void {
    this.#modules.set(pathOf(served), served);
    for (const method of served.methods.values()) this.#methods.set(method.name, method);
  }
}

function serve(namespace: string, { name: module, instance, file }: LoadedModule, callbacks: boolean): ServedModule {
  const methods = new Map<string, ServiceMethod>();
  for (const [name, fn] of methodsOf(instance)) {
    const whole = methodName(namespace, module, name);
    methods.set(name, { name: whole, fn, self: instance, callbacks: callbacks && !types.isAsyncFunction(fn) });
  }
  return { namespace, module, file, instance, methods };
}

function refuseCollision(one: ServedModule, other: ServedModule): void {
  const refuse = (what: string, name: string): never => {
    throw new RpcError(RpcCode.Load, `two ${what} would be called ${name}: ${describe(one)} and ${describe(other)}`);
  };
  if (pathOf(one) === pathOf(other)) refuse('modules', pathOf(one));
  const names = new Set([...one.methods.values()].map((method) => method.name));
  for (const { name } of other.methods.values()) if (names.has(name)) refuse('methods', name);
}

function describe({ namespace, module, file }: ServedModule): string {
  return `module ${module} of namespace ${namespace} (${file})`;
}

function pathOf({ namespace, module }: Pick<ServedModule, 'namespace' | 'module'>): string {
  return `${namespace}.${module}`;
}

function namespaceOf({ namespace }: ServedModule): string {
  return namespace;
}

/** The module whose path or namespace the name begins with; the longest, where they have dots and there are several. */
function nearest(
  modules: readonly ServedModule[],
  part: (module: ServedModule) => string,
  name: string,
): ServedModule | undefined {
  return modules
    .filter((module) => name.startsWith(`${part(module)}.`))
    .toSorted((a, b) => part(b).length - part(a).length)[0];
}

/** The first few of the names, those first that begin like what was asked for. */
function listed(names: Iterable<string>, wanted: string): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const few = all.toSorted((a, b) => commonPrefix(b, wanted) - commonPrefix(a, wanted)).slice(0, SHOWN_NAMES);
  const more = all.length - few.length;
  return few.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
