import { boolean, invalid, nonEmptyString } from '../options.js';
import { isObject, methodNames } from './methods.js';
import type { ServiceObjects } from './service-registry.js';

/** A folder or file of remote modules, and the namespace under which they are called. */
export interface ServicePath {
  namespace: string;
  /** Absolute, a file URL, or relative to the working directory. */
  path: string | URL;
  /** Overrides {@link ServiceOptions.callbacks} for these modules. */
  callbacks?: boolean;
}

/** What a server offers. */
export interface ServiceOptions {
  /** @default [] */
  paths?: readonly ServicePath[];
  /**
   * Services that are there already, beside those of the paths: `services[namespace][module]` is the object whose
   * functions are called. Nothing is made of them, and they are not reloaded. @default {} — pinus-rpc
   */
  services?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** Handed to every remote module's factory or constructor. */
  context?: unknown;
  /**
   * Methods that are not async functions answer through a callback, which is appended to their arguments.
   * @default false for `createServer`; true for `Server.create`, as in pomelo-rpc
   */
  callbacks?: boolean;
  /**
   * Watch the paths while serving, and reload the modules of each file that changed, and only those. For development:
   * what is saved there is run at once. The watching does not keep the process alive. @default false
   */
  reloadRemotes?: boolean;
  /**
   * Keep {@link callContext} across the awaits of a method, by Node's `AsyncLocalStorage`; the calls that the method
   * makes in this process then end with its own, at its deadline or when it is cancelled. It costs every promise in the
   * process a little. @default false
   */
  asyncContext?: boolean;
}

export interface ResolvedServiceOptions {
  readonly paths: readonly Required<ServicePath>[];
  readonly services: ServiceObjects;
  readonly context: unknown;
  readonly callbacks: boolean;
  readonly reloadRemotes: boolean;
  readonly asyncContext: boolean;
}

/** Throws {@link RpcCode.InvalidArgument}. */
export function resolveServiceOptions(given: ServiceOptions): ResolvedServiceOptions {
  const callbacks = boolean('callbacks', given.callbacks, false);
  return Object.freeze({
    paths: resolvePaths(given.paths, callbacks),
    services: checkServices(given.services),
    context: given.context,
    callbacks,
    reloadRemotes: boolean('reloadRemotes', given.reloadRemotes, false),
    asyncContext: boolean('asyncContext', given.asyncContext, false),
  });
}

function resolvePaths(given: unknown, callbacks: boolean): Required<ServicePath>[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw invalid('paths must be a list of { namespace, path }');
  return (given as readonly Partial<ServicePath>[]).map((entry) => {
    const namespace = nonEmptyString('the namespace of a path', entry?.namespace);
    const path =
      entry.path instanceof URL ? entry.path : nonEmptyString(`the path of namespace ${namespace}`, entry.path);
    return { namespace, path, callbacks: boolean(`callbacks of namespace ${namespace}`, entry.callbacks, callbacks) };
  });
}

function checkServices(given: unknown): ServiceObjects {
  if (given === undefined) return {};
  if (!isObject(given)) throw invalid('services must be an object: { namespace: { module: service } }');
  for (const [namespace, modules] of Object.entries(given)) {
    if (!isObject(modules)) throw invalid(`services.${namespace} must be an object: { module: service }`);
    for (const [module, service] of Object.entries(modules)) {
      if (!isObject(service) || methodNames(service).length === 0)
        throw invalid(`services.${namespace}.${module} must be an object with functions that can be called`);
    }
  }
  return given as ServiceObjects;
}
