import { isContainerHook, isNotRemote } from '../not-remote.js';

/**
 * Log line about methods whose names every object is asked for. A client that makes its proxies on demand has none of those
 * names. Undefined where all methods can be called by a proxy. A hook of a container such as NestJS is not meant for callers.
 */
export function unreachableByProxy(
  listings: readonly { readonly namespace: string; readonly module: string; readonly methods: readonly string[] }[],
): string | undefined {
  const names = listings.flatMap(({ namespace, module, methods }) => {
    const path = `${namespace}.${module}`;
    if (isNotRemote(module)) return [path];
    return methods.filter((name) => isNotRemote(name) && !isContainerHook(name)).map((name) => `${path}.${name}`);
  });
  if (names.length === 0) return undefined;
  return (
    `mailstation: a client without the code of this server has no proxies for ${names.join(', ')}, since JavaScript and ` +
    'tools read names such as these from every object; choose other names, or call the methods with ' +
    'client.rpcInvoke(serverId, { namespace, service, method, args })'
  );
}
