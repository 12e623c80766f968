import { loadModulesSync } from './load.js';
import { methodNames } from './methods.js';

/** Names of a remote module and of its methods: all that a client's proxies are made from. */
export interface ModuleNames {
  readonly name: string;
  readonly methods: readonly string[];
}

/** Loads the remote modules of a path, and lists their methods. Throws as {@link loadModulesSync} does. */
export function loadModuleNames(path: string | URL, context: unknown): ModuleNames[] {
  return loadModulesSync(path, context).map(({ name, instance }) => ({ name, methods: methodNames(instance) }));
}
