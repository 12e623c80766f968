import { RpcCode, RpcError } from '../errors.js';
import { jsonText } from '../json-text.js';
import { boolean, invalid, nonEmptyString } from '../options.js';
import { methodName } from '../rpc-message.js';
import { answerStyle, type Takes } from './callback-parameter.js';
import { type Checks, partsOf } from './checked-method.js';
import { type Method, methodsOf } from './methods.js';
import type { LoadedModule } from './remote-module.js';
import { whyUncallable } from './uncallable.js';

/** Namespace that mailstation keeps for itself, and that no service may have. */
export const RESERVED_NAMESPACE = '$mailstation';

/** A function that can be called by name, with everything that a call needs. */
export interface ServiceMethod {
  /** `namespace.module.method` */
  readonly name: string;
  readonly fn: Method;
  /** Service that the function is called on, as `this`. */
  readonly self: object;
  /** Whether a callback is appended to the arguments. */
  readonly callbacks: boolean;
  /** Undefined for a method whose source was not read: a callback may follow any number of arguments. */
  readonly takes?: Takes;
  /** Schemas of a checked method, whose `fn` is the function without the checks. */
  readonly checks?: Checks | undefined;
  /** The method may take a callback that its source does not show. False once that was logged. */
  mayHideCallback?: boolean;
  /** The last call returned a value that is no answer, and has not called its callback yet. */
  hasOnlyReturned?: boolean;
}

/** A method of a registry, with the parts of the name. */
export interface ServedMethod extends ServiceMethod {
  readonly namespace: string;
  /** Name of the module. */
  readonly service: string;
  readonly method: string;
}

/** Methods of one module, for listing. */
export interface ServiceListing {
  readonly namespace: string;
  readonly module: string;
  /** Last parts of the names, in the order of the module. */
  readonly methods: readonly string[];
}

export interface AddServicesOptions {
  /** Whether the methods answer through a callback, as pomelo's methods do. @default false */
  readonly callbacks?: boolean;
  /** Whether the user has chosen `callbacks`: no line is logged about methods that may take a callback. @default false */
  readonly isChosen?: boolean;
}

/** Objects that the methods are called on, as `services[namespace][module]`. */
export type ServiceObjects = Record<string, Record<string, object>>;

/** A module of a namespace with all its methods: added, replaced and removed as a whole. */
export interface ServedModule {
  readonly namespace: string;
  readonly module: string;
  readonly file: string;
  readonly instance: object;
  /** By the last parts of the names. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
}

/** Maximum length of a caller's text, and number of names, in one error text. */
const SHOWN_CHARS = 100;
const SHOWN_NAMES = 8;

/**
 * Methods that callers may call in a server. A name is looked up as a whole and never split: `a.b.c.d` is in one table,
 * whether the namespace is `a` or `a.b`. A name that would be ambiguous is refused when its module is added.
 *
 * Functions are read once, when a module is added: replacing a function of the instance later changes nothing.
 *
 * Invariant: `#methods` has exactly the methods of the modules in `#modules`, by their whole names.
 */
export class ServiceRegistry {
  readonly #methods = new Map<string, ServedMethod>();
  /** Key: `namespace.module`. */
  readonly #modules = new Map<string, ServedModule>();
  readonly #isOwn: boolean;

  /** `isOwn`: whether the methods are those of mailstation itself, in the reserved namespace. */
  constructor(isOwn = false) {
    this.#isOwn = isOwn;
  }

  /** Number of methods. */
  get size(): number {
    return this.#methods.size;
  }

  /**
   * Adds modules to a namespace, beside the modules that the namespace has already. Adds all of them or, when throwing, none.
   * Throws {@link RpcCode.InvalidArgument} for an empty or the reserved namespace, and {@link RpcCode.Load} where two modules
   * have one name, or two methods one whole name.
   */
  add(namespace: string, modules: readonly LoadedModule[], options: AddServicesOptions = {}): void {
    this.replace(namespace, [], modules, options);
  }

  /**
   * Removes the named modules from a namespace and adds others, in one step. Throws as {@link ServiceRegistry.add} does, and
   * changes nothing then. Other modules stay as they are. An unknown name is passed over. Running calls end in the old
   * code.
   */
  replace(
    namespace: string,
    removed: readonly string[],
    modules: readonly LoadedModule[],
    options: AddServicesOptions = {},
  ): void {
    nonEmptyString('namespace', namespace);
    if (!this.#isOwn && isReserved(namespace)) {
      throw invalid(`namespace ${namespace} is reserved for mailstation; choose another`);
    }
    const callbacks = boolean('callbacks', options.callbacks, false);
    const added = modules.map((module) => servedModule(namespace, module, callbacks, options.isChosen === true));
    const leaving = removed.flatMap((module) => this.#modules.get(pathOf({ namespace, module })) ?? []);
    const all = [...this.#modules.values()].filter((served) => !leaving.includes(served));
    for (const served of added) {
      for (const other of all) refuseCollision(other, served);
      all.push(served);
    }
    for (const served of leaving) this.#delete(served);
    for (const served of added) this.#insert(served);
  }

  /** False for an unknown module. */
  remove(namespace: string, module: string): boolean {
    const served = this.#modules.get(pathOf({ namespace, module }));
    if (served !== undefined) this.#delete(served);
    return served !== undefined;
  }

  lookup(name: string): ServedMethod | undefined {
    return this.#methods.get(name);
  }

  /** The error for a name that no method has; undefined for the name of a method. */
  readonly missing = (name: string): RpcError | undefined =>
    this.#methods.has(name) ? undefined : new RpcError(RpcCode.NoMethod, this.explainMissing(name));

  /** Whether the last call of a method returned a value that is no answer, and has not called its callback yet. */
  readonly hasReturned = (name: string): boolean => this.#methods.get(name)?.hasOnlyReturned === true;

  /**
   * Text that says which part of a name is unknown, and which names there are, the most similar first; or why a member of
   * a module is not callable. The text goes to callers, whose errors begin with the whole name: the text has only the part that is
   * unknown, cut short, lists only a few other names, and never repeats a value.
   */
  explainMissing(name: string): string {
    const modules = [...this.#modules.values()];

    const module = nearest(modules, pathOf, name);
    if (module !== undefined) {
      const path = pathOf(module);
      const method = name.slice(path.length + 1);
      const why = whyUncallable(module.instance, method);
      return why ?? `no such method: ${shown(method)}; module ${path} has ${listed(module.methods.keys(), method)}`;
    }
    const namespace = nearest(modules, namespaceOf, name)?.namespace;
    if (namespace !== undefined) {
      const siblings = modules.filter((each) => each.namespace === namespace).map((each) => each.module);
      const rest = name.slice(namespace.length + 1);
      return `no such module: ${shown(rest)}; namespace ${namespace} has ${listed(siblings, rest)}`;
    }
    const [first = ''] = name.split('.', 1);
    return `no such namespace: ${shown(first)}; this server has ${listed(new Set(modules.map(namespaceOf)), name)}`;
  }

  /** Names of the methods that get a callback. */
  get callbackMethods(): string[] {
    return [...this.#methods.values()].filter(({ callbacks }) => callbacks).map(({ name }) => name);
  }

  /** The modules, in the order of adding. */
  get modules(): Iterable<ServedModule> {
    return this.#modules.values();
  }

  /** Modules with their methods, in the order of adding. */
  list(): ServiceListing[] {
    return [...this.#modules.values()].map(({ namespace, module, methods }) => ({
      namespace,
      module,
      methods: [...methods.keys()],
    }));
  }

  /** The services themselves, in a new object, as pomelo's acceptors expect them. */
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

/** True for the namespace that mailstation keeps for itself, and for names in there. */
export function isReserved(name: string): boolean {
  return name === RESERVED_NAMESPACE || name.startsWith(`${RESERVED_NAMESPACE}.`);
}

function servedModule(
  namespace: string,
  { name: module, instance, file }: LoadedModule,
  callbacks: boolean,
  isChosen: boolean,
): ServedModule {
  const methods = new Map<string, ServedMethod>();
  for (const [name, given] of methodsOf(instance)) {
    const { fn, checks } = partsOf(given);
    const address = { namespace, service: module, method: name };
    const whole = methodName(namespace, module, name);
    const style = answerStyle(fn, callbacks);
    const mayHideCallback = !isChosen && !style.callbacks && style.takes.parameters === Number.POSITIVE_INFINITY;
    const logged = { mayHideCallback, hasOnlyReturned: false };
    methods.set(name, { name: whole, ...address, fn, self: instance, ...style, checks, ...logged });
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

/** The module whose path or namespace begins the name. Of several, with dots in them, the longest. */
function nearest(
  modules: readonly ServedModule[],
  part: (module: ServedModule) => string,
  name: string,
): ServedModule | undefined {
  return modules
    .filter((module) => name.startsWith(`${part(module)}.`))
    .toSorted((a, b) => part(b).length - part(a).length)[0];
}

/** A part of a name that a caller has sent, in quotes and cut short. */
function shown(part: string): string {
  return jsonText(part.length > SHOWN_CHARS ? `${part.slice(0, SHOWN_CHARS)}...` : part);
}

/** A few of the names, the most similar to the wanted name first. */
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
