import { RemoteMethod } from '../lib/call/remote-method.js';
import { invalid, nonEmptyString } from '../lib/options.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ModuleNames } from '../lib/service/module-names.js';
import type { Caller } from './caller.js';
import { createMethodProxy } from './method-proxy.js';
import type { UntypedMethod } from './typed-method.js';

/** Which remote modules there are, and on which servers. Source: pomelo-rpc, `addProxies`. */
export interface ProxyRecord {
  readonly namespace: string;
  readonly serverType: string;
  /**
   * The modules' own folder or file: absolute, a file URL, or relative to the working directory. Its factories are
   * called, with the client's context, to learn their methods. Without it proxies are made as they are asked for, and
   * the client needs none of the server's code.
   */
  readonly path?: string | URL;
}

/**
 * Loads the remote modules under a record's path with the client's context, and lists their methods. Throws
 * {@link RpcCode.Load} when the path cannot be loaded.
 */
export type ModuleLoader = (path: string | URL, context: unknown) => readonly ModuleNames[];

type Methods = Record<string, UntypedMethod>;
type Modules = Record<string, Methods>;
/** `proxies[namespace][serverType][module][method]` */
type ProxyTree = Record<string, Record<string, Modules>>;

/** Names that JavaScript itself asks objects for, when they are awaited, printed or serialised: never calls. */
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

/** The proxies of a client: generated from record paths, or made on demand for records without one. */
export class Proxies {
  /** Without prototypes, so that `constructor` and the like are neither found nor overwritten. */
  readonly tree: ProxyTree = Object.create(null);
  /** What a record without a path has made on-demand already: it needs that only once. */
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
   * Adds the modules of a record to those that are there; the same module again replaces the older one. Throws
   * {@link RpcCode.Load} when its path cannot be loaded, and {@link RpcCode.InvalidArgument} when it is no record.
   */
  add(record: ProxyRecord): void {
    if (typeof record !== 'object' || record === null)
      throw invalid('a record must be an object { namespace, serverType, path }');
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

/** An object that makes what it is asked for, and keeps it. */
function onDemand<T>(known: Record<string, T>, make: (name: string) => T): Record<string, T> {
  return new Proxy(known, {
    get(target, name) {
      if (typeof name !== 'string' || notRemote.has(name) || name.startsWith('_')) return undefined;
      target[name] ??= make(name);
      return target[name];
    },
  });
}
