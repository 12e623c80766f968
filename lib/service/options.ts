import { boolean, type Filled, fieldsOf, invalid, requiredString, unfit } from '../options.js';
import { unknownOptions } from '../unknown-options.js';
import { isObject, methodNames } from './methods.js';
import type { ServiceObjects } from './service-registry.js';
import { whyNoneCallable } from './uncallable.js';

/**
 * A folder or file of remote modules, and the namespace under which they are called.
 * @example
 * ```ts
 * import { createServer, type ServicePath } from 'mailstation';
 *
 * const paths: ServicePath[] = [{ namespace: 'user', path: new URL('./remote/', import.meta.url) }];
 * const server = createServer({ id: 'chat-1', port: 3333, paths });
 * ```
 */
export interface ServicePath {
  /** First part of the name of each method: `namespace.module.method`. */
  namespace: string;
  /** Folder or file: an absolute path, a file URL, or a path relative to the working directory. */
  path: string | URL;
  /** Overrides {@link ServiceOptions.callbacks} for these modules. @default the server's `callbacks` */
  callbacks?: boolean | undefined;
}

/** Modules whose methods a server offers, and how the methods answer. */
export interface ServiceOptions {
  /** Folders and files of remote modules. @default none */
  paths?: readonly ServicePath[] | undefined;
  /**
   * Services that exist already, beside those of the paths: `services[namespace][module]` is the object whose functions
   * are called. The objects are used as they are, and are not reloaded. Source: pinus-rpc.
   * @default none
   */
  services?: Readonly<Record<string, Readonly<Record<string, object>>>> | undefined;
  /** Value that is handed to the factory or constructor of each remote module. Source: pomelo-rpc. */
  context?: unknown;
  /**
   * Whether a callback is appended to the arguments of each method that has a place for one, except async functions. A
   * method that visibly calls its last parameter as a callback, or names it `cb` or `callback`, gets one without the option
   * too, and answers through the callback; a line in the log names such methods where the option is not given.
   * `Server.create` has `true`, as pomelo-rpc has.
   * @default false
   */
  callbacks?: boolean | undefined;
  /**
   * Watch the paths while serving, and reload the modules of each file that changed, and only those: files that a module
   * imports stay as they were loaded. For development: a saved file runs at once. Earlier versions of a CommonJS file are freed;
   * Node keeps all versions of an ES module in memory. Watching does not keep the process alive. Source: pomelo-rpc.
   * @default false
   */
  reloadRemotes?: boolean | undefined;
  /**
   * Keep {@link callContext} across the awaits of a method, by Node's `AsyncLocalStorage`. The calls that the method makes
   * in this process then end with its own call, at the deadline or when the call is cancelled. The option costs every
   * promise of the process a little time.
   * @default false
   */
  asyncContext?: boolean | undefined;
}

export const SERVICE_DEFAULTS = Object.freeze({
  callbacks: false,
  reloadRemotes: false,
  asyncContext: false,
}) satisfies ServiceOptions;

export interface ResolvedServiceOptions {
  readonly paths: readonly Filled<ServicePath>[];
  readonly services: ServiceObjects;
  readonly context: unknown;
  readonly callbacks: boolean;
  /** Whether the option `callbacks` was given, for the server or for a path. */
  readonly isCallbacksGiven: boolean;
  readonly reloadRemotes: boolean;
  readonly asyncContext: boolean;
}

/** Checks the options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveServiceOptions(given: ServiceOptions): ResolvedServiceOptions {
  const defaults = SERVICE_DEFAULTS;
  const callbacks = boolean('callbacks', given.callbacks, defaults.callbacks);
  return Object.freeze({
    paths: resolvePaths(given.paths, callbacks),
    services: checkServices(given.services),
    context: given.context,
    callbacks,
    isCallbacksGiven: [given, ...(given.paths ?? [])].some((each) => each.callbacks !== undefined),
    reloadRemotes: boolean('reloadRemotes', given.reloadRemotes, defaults.reloadRemotes),
    asyncContext: boolean('asyncContext', given.asyncContext, defaults.asyncContext),
  });
}

/** Fields with a meaning. The records of pomelo have a `serverType` too. */
const PATH_FIELDS = { namespace: true, path: true, callbacks: true } as const;

function resolvePaths(given: unknown, callbacks: boolean): Filled<ServicePath>[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw unfit('paths', 'a list of { namespace, path }', given);
  return (given as readonly Partial<ServicePath>[]).map((entry) => {
    fieldsOf('an entry of paths', entry, 'an object { namespace, path }');
    const namespace = requiredString('the namespace of a path', entry, 'namespace');
    const path =
      entry.path instanceof URL ? entry.path : requiredString(`the path of namespace ${namespace}`, entry, 'path');
    const [unknown] = unknownOptions(entry, { names: PATH_FIELDS, ignored: ['serverType'], onlyNear: true });
    if (unknown !== undefined) throw invalid(`the path of namespace ${namespace} has no option ${unknown}`);
    return { namespace, path, callbacks: boolean(`callbacks of namespace ${namespace}`, entry.callbacks, callbacks) };
  });
}

function checkServices(given: unknown): ServiceObjects {
  if (given === undefined) return {};
  if (!isObject(given) || Array.isArray(given))
    throw unfit('services', 'an object { namespace: { module: service } }', given);
  for (const [namespace, modules] of Object.entries(given)) {
    if (!isObject(modules)) throw unfit(`services.${namespace}`, 'an object { module: service }', modules);
    for (const [module, service] of Object.entries(modules)) {
      const name = `services.${namespace}.${module}`;
      if (typeof service === 'function')
        throw invalid(
          `services has two levels, namespace then module: ${name} is a function; put the function into a module`,
        );
      if (!isObject(service)) throw unfit(name, 'an object whose functions can be called', service);
      if (methodNames(service).length === 0) throw invalid(explainEmpty(name, service));
    }
  }
  return given as ServiceObjects;
}

function explainEmpty(name: string, service: object): string {
  const why = 'default' in service ? 'the methods are in its default export; pass that' : whyNoneCallable(service);
  return `${name} has no functions that can be called${why === '' ? '' : `: ${why}`}`;
}
