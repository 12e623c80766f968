import { RemoteMethod } from '../lib/call/remote-method.js';
import type { Logger } from '../lib/diagnostics.js';
import type { RpcError } from '../lib/errors.js';
import { isSharedWord } from '../lib/not-remote.js';
import { fieldsOf, invalid, nonEmptyString, requiredString, unfit } from '../lib/options.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ModuleNames } from '../lib/service/module-names.js';
import { unknownOptions } from '../lib/unknown-options.js';
import type { Caller } from './caller.js';
import { guardedCaller } from './guarded-caller.js';
import { getOwn, makeLevel, setOwn } from './level.js';
import { createMethodProxy } from './method-proxy.js';
import { createMissingMethod, explainMissingProxy, type ProxyPath } from './missing-method.js';
import type { ProxyRecord } from './proxy-record.js';
import type { UntypedMethod } from './typed-method.js';

/**
 * Loads the remote modules under a record's path with the client's context, and lists their methods. Throws {@link
 * RpcCode.Load} when the path cannot be loaded.
 */
export type ModuleLoader = (path: string | URL, context: unknown) => readonly ModuleNames[];

/** A level of the tree: names with what is below, down to the methods. */
type Level = Record<string, unknown>;

const RECORD_FIELDS = { namespace: true, serverType: true, path: true } as const;

/** Depth of a method in the tree: namespace, server type, module, method. */
const METHOD_DEPTH = 3;

export interface ProxyTreeOptions {
  /**
   * Whether names that do not exist are plainly `undefined`, as in pomelo, whose programs ask for proxies by a read:
   * `!!client.proxies.sys`. Otherwise a call of such a name fails with {@link RpcCode.NoProxy}.
   * @default false
   */
  readonly isPlain?: boolean;
  /** Gets a line for each record with a mistyped field. @default none */
  readonly logger?: Logger;
  /** Notified of each call of a proxy that does not exist. @default none */
  readonly onNoProxy?: (error: RpcError) => void;
}

/** The proxies of a client: generated from record paths, or made on demand for records without a path. */
export class ProxyTree {
  readonly #caller: Caller;
  readonly #load: ModuleLoader | undefined;
  readonly #context: unknown;
  readonly #isPlain: boolean;
  readonly #logger: Logger | undefined;
  /** All trees so far: an earlier one may be assigned again. */
  readonly #trees = new WeakSet<object>();
  /** Levels that make proxies on demand, so that a second record does not make them again. */
  readonly #madeOnDemand = new WeakSet<object>();
  readonly #report: (error: RpcError) => void;
  #tree: Level;

  /** Without a loader, records with a path are rejected. */
  constructor(caller: Caller, load: ModuleLoader | undefined, context: unknown, options: ProxyTreeOptions = {}) {
    this.#caller = caller;
    this.#load = load;
    this.#context = context;
    this.#isPlain = options.isPlain === true;
    this.#logger = options.logger;
    this.#report = options.onNoProxy ?? (() => {});
    this.#tree = this.#makeTree();
  }

  /** Proxies by name: `tree[namespace][serverType][module][method]`. */
  get tree(): object {
    return this.#tree;
  }

  /**
   * Replaces the whole tree: by an empty object, which clears it, or by an earlier tree. Throws {@link
   * RpcCode.InvalidArgument} for anything else. Source: pomelo and pinus, `replaceServers`.
   */
  replace(given: unknown): void {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw unfit('client.proxies', 'an empty object, which removes all proxies', given);
    if (this.#trees.has(given)) {
      this.#tree = given as Level;
      return;
    }
    if (Reflect.ownKeys(given).length > 0)
      throw invalid(
        'client.proxies can only be assigned an empty object, which removes all proxies; add proxies with addProxies(), ' +
          'and replace a single one by assigning to its place',
      );
    this.#tree = this.#makeTree();
  }

  /**
   * Adds the modules of a record. A module that was added before is replaced. Throws {@link RpcCode.Load} when the path
   * cannot be loaded, and {@link RpcCode.InvalidArgument} for a record out of shape.
   */
  add(record: ProxyRecord): void {
    if (Array.isArray(record)) throw invalid('addProxy() takes one record, got a list: give the list to addProxies()');
    fieldsOf('a record of proxies', record, 'an object { namespace, serverType }');
    const namespace = requiredString('the namespace of a record', record, 'namespace');
    const serverType = requiredString('the serverType of a record', record, 'serverType');
    const { path } = record;
    // A record without a path is valid, so a mistyped one would go unnoticed.
    const mistyped = unknownOptions(record, { names: RECORD_FIELDS, onlyNear: true });
    if (mistyped.length > 0)
      this.#logger?.warn(
        `mailstation: the record of ${namespace} has fields without a meaning: ${mistyped.join(', ')}`,
      );
    if (path === undefined) {
      const types = this.#below(this.#tree, [namespace]);
      const known = getOwn(types, serverType) as Level | undefined;
      if (known === undefined || !this.#madeOnDemand.has(known))
        setOwn(types, serverType, this.#onDemand(namespace, serverType, known));
      return;
    }
    if (!(path instanceof URL)) nonEmptyString('the path of a record', path);
    if (this.#load === undefined)
      throw invalid('this client cannot load remote modules; leave `path` out, and proxies are made on demand');
    const loaded = this.#load(path, this.#context);
    const modules = this.#below(this.#below(this.#tree, [namespace]), [namespace, serverType]);
    for (const { name, methods, whyUncallable } of loaded) {
      const proxies = this.#makeLevel([namespace, serverType, name], whyUncallable);
      for (const method of methods)
        setOwn(proxies, method, this.#method({ namespace, serverType, service: name, method }));
      setOwn(modules, name, proxies);
    }
  }

  #makeTree(): Level {
    const tree = this.#makeLevel([]);
    this.#trees.add(tree);
    return tree;
  }

  /** The level at this path, made if need be. */
  #below(level: Level, path: ProxyPath): Level {
    const name = path.at(-1) as string;
    const known = getOwn(level, name) as Level | undefined;
    if (known !== undefined) return known;
    const made = this.#makeLevel(path);
    setOwn(level, name, made);
    return made;
  }

  #makeLevel(path: ProxyPath, whyUncallable?: (name: string) => string | undefined): Level {
    if (this.#isPlain) return {};
    return makeLevel((name, level) => {
      const missing = [...path, name];
      return this.#missing(missing, path.length, Object.keys(level), whyUncallable?.(name));
    });
  }

  /** Reads a path whose name at `depth` does not exist: gives a further level, and in the end a method that fails. */
  #missing(path: ProxyPath, depth: number, known: readonly string[], why?: string): unknown {
    if (path.length <= METHOD_DEPTH) return makeLevel((name) => this.#missing([...path, name], depth, known, why));
    const text = explainMissingProxy(path, depth, known, why);
    return createMissingMethod(path, text, this.#report);
  }

  /** A level of modules that makes each module, and each method of one, when it is first read. */
  #onDemand(namespace: string, serverType: string, known: Level = {}): Level {
    const modules = makeLevel((service, level) => {
      const methods = makeLevel((method, self) =>
        keep(self, method, this.#method({ namespace, serverType, service, method }, isSharedWord(method))),
      );
      return keep(level, service, methods);
    });
    for (const [name, module] of Object.entries(known)) setOwn(modules, name, module);
    this.#madeOnDemand.add(modules);
    return modules;
  }

  #method(name: Omit<RpcMessage, 'args'>, isShared = false): UntypedMethod {
    const caller = isShared ? guardedCaller(this.#caller, this.#report) : this.#caller;
    return createMethodProxy(caller, new RemoteMethod(name), {});
  }
}

/**
 * Keeps what was made on demand. The property is not enumerable: a tool that reads any name would otherwise add to what
 * printers, cloners and serialisers find.
 */
function keep<T>(level: object, name: string, value: T): T {
  setOwn(level, name, value, false);
  return value;
}
