import { RemoteMethod } from '../lib/call/remote-method.js';
import { invalid, nonEmptyString } from '../lib/options.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ModuleNames } from '../lib/service/module-names.js';
import type { Caller } from './caller.js';
import { createMethodProxy } from './method-proxy.js';
import type { UntypedMethod } from './typed-method.js';

/** Remote modules that a client calls, and the type of server that has them. Source: pomelo-rpc, `addProxies`. */
export interface ProxyRecord {
  /** First part of the name of each method: `namespace.module.method`. */
  readonly namespace: string;
  /** Type of the servers that offer the modules. */
  readonly serverType: string;
  /**
   * Folder or file of the modules: an absolute path, a file URL, or a path relative to the working directory. The
   * factories in there are called, with the client's context, to learn the names of their methods. Without a path,
   * proxies are made when they are asked for, and the client needs none of the server's code.
   */
  readonly path?: string | URL;
}

/**
 * Loads the remote modules under a record's path with the client's context, and lists their methods. Throws {@link
 * RpcCode.Load} when the path cannot be loaded.
 */
export type ModuleLoader = (path: string | URL, context: unknown) => readonly ModuleNames[];

type Methods = Record<string, UntypedMethod>;
type Modules = Record<string, Methods>;
/** Proxies by name: `tree[namespace][serverType][module][method]`. */
type Tree = Record<string, Record<string, Modules>>;

/**
 * Names that JavaScript itself asks objects for when they are awaited, printed or serialised. A read of such a name is
 * never a call.
 */
const NOT_REMOTE = [
  'then',
  'catch',
  'finally',
  'toJSON',
  'inspect',
  'nodeType',
  'asymmetricMatch',
  '$$typeof',
  '@@__IMMUTABLE_ITERABLE__@@',
] as const;
export type NotRemote = (typeof NOT_REMOTE)[number];
const notRemote = new Set<string>(NOT_REMOTE);

/** The proxies of a client: generated from record paths, or made on demand for records without a path. */
export class ProxyTree {
  /** Without prototypes, so that `constructor` and the like are neither found nor overwritten. */
  readonly tree: Tree = Object.create(null);
  /** Objects that a record without a path has made, so that a second record does not wrap them again. */
  readonly #madeOnDemand = new WeakSet<object>();
  readonly #caller: Caller;
  readonly #load: ModuleLoader | undefined;
  readonly #context: unknown;

  /** Without a loader, records with a path are rejected. */
  constructor(caller: Caller, load: ModuleLoader | undefined, context: unknown) {
    this.#caller = caller;
    this.#load = load;
    this.#context = context;
  }

  /**
   * Adds the modules of a record. A module that was added before is replaced. Throws {@link RpcCode.Load} when the path
   * cannot be loaded, and {@link RpcCode.InvalidArgument} for a record out of shape.
   */
  add(record: ProxyRecord): void {
    if (typeof record !== 'object' || record === null)
      throw invalid('a record must be an object { namespace, serverType, path? }');
    const namespace = nonEmptyString('the namespace of a record', record.namespace);
    const serverType = nonEmptyString('the serverType of a record', record.serverType);
    const { path } = record;
    this.tree[namespace] ??= Object.create(null) as Record<string, Modules>;
    const types = this.tree[namespace];
    if (path === undefined) {
      types[serverType] = this.#onDemand(namespace, serverType, types[serverType]);
      return;
    }
    if (!(path instanceof URL)) nonEmptyString('the path of a record', path);
    if (this.#load === undefined)
      throw invalid('this client cannot load remote modules; leave `path` out, and proxies are made on demand');
    const loaded = this.#load(path, this.#context);
    types[serverType] ??= Object.create(null) as Modules;
    const modules = types[serverType];
    for (const { name, methods } of loaded) {
      const proxies: Methods = Object.create(null);
      for (const method of methods) proxies[method] = this.#method({ namespace, serverType, service: name, method });
      modules[name] = proxies;
    }
  }

  #onDemand(namespace: string, serverType: string, known: Modules | undefined): Modules {
    if (known !== undefined && this.#madeOnDemand.has(known)) return known;
    const modules = onDemand<Methods>(known ?? Object.create(null), (service) =>
      onDemand<UntypedMethod>(Object.create(null), (method) =>
        this.#method({ namespace, serverType, service, method }),
      ),
    );
    this.#madeOnDemand.add(modules);
    return modules;
  }

  #method(name: Omit<RpcMessage, 'args'>): UntypedMethod {
    return createMethodProxy(this.#caller, new RemoteMethod(name), {});
  }
}

/** Makes an object that makes each property when it is first read, and keeps the result. */
function onDemand<T>(known: Record<string, T>, make: (name: string) => T): Record<string, T> {
  return new Proxy(known, {
    get(target, name) {
      if (typeof name !== 'string' || notRemote.has(name) || name.startsWith('_')) return undefined;
      target[name] ??= make(name);
      return target[name];
    },
  });
}
