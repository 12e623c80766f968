import { type Logger, quietLogger } from '../diagnostics.js';
import { loadModulesSync, logLeftOut, nothingToCall } from './load.js';
import { methodNames } from './methods.js';
import { whyUncallable } from './uncallable.js';

/** Names of a remote module and of its methods: all that a client's proxies are made from. */
export interface ModuleNames {
  readonly name: string;
  readonly methods: readonly string[];
  /** Reason why a member of the module is not among the methods; undefined for a name that no member has. */
  readonly whyUncallable?: (name: string) => string | undefined;
}

/**
 * Loads the remote modules of a path, and lists their methods. Throws as {@link loadModulesSync} does. A folder without
 * modules is logged, and with `isForPomelo` also a file whose factory returns no object, which is an error otherwise.
 */
export function loadModuleNames(
  path: string | URL,
  context: unknown,
  logger: Logger = quietLogger,
  isForPomelo = false,
): ModuleNames[] {
  const modules = loadModulesSync(path, context, isForPomelo ? logLeftOut(logger) : undefined);
  if (modules.length === 0) logger.warn(nothingToCall(path));
  return modules.map(({ name, instance }) => ({
    name,
    methods: methodNames(instance),
    whyUncallable: (member: string) => whyUncallable(instance, member),
  }));
}
