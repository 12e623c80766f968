import { quoted } from '../lib/quoted.js';
import { isReserved, type ServiceRegistry } from '../lib/service/service-registry.js';
import type { Authorization } from '../lib/serving/authorization.js';

/** The log lines about methods that a server lacks when it starts: all of them, or those that `expose` names. */
export function missingMethods(name: string, services: ServiceRegistry, authorization: Authorization): string[] {
  if (services.size === 0)
    return [`mailstation: ${name} has no methods, so every call to it fails: give the option paths or services`];
  const methods = services
    .list()
    .flatMap((each) => each.methods.map((method) => `${each.namespace}.${each.module}.${method}`));
  const unused = authorization
    .unusedEntries(methods)
    .filter((entry) => !isReserved(entry))
    .map(quoted);
  if (unused.length === 0) return [];
  return [`mailstation: expose of ${name} names methods that the server does not have: ${unused.join(', ')}`];
}
