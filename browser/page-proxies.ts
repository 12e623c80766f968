import { RemoteMethod } from '../lib/call/remote-method.js';
import type { Caller } from '../proxy/caller.js';
import { createMethodProxy } from '../proxy/method-proxy.js';

/** Names that the language and tools read from any object: no name of a namespace, a server type, a module or a method. */
const NOT_REMOTE = /^(?:then|catch|finally|toJSON|constructor|prototype|toString|valueOf|inspect|_.*|\$\$.*|@@.*)$/;

/** Depth of a method: namespace, server type, module, method. */
const METHOD_DEPTH = 3;

/** The proxies of a page, `proxies[namespace][serverType][module][method]`: each is made when it is first read. */
export function proxiesOnDemand(caller: Caller): object {
  return level([]);

  function level(path: readonly string[]): object {
    return new Proxy(Object.create(null) as Record<string, unknown>, {
      get(made, name) {
        if (typeof name === 'symbol' || NOT_REMOTE.test(name)) return undefined;
        made[name] ??= path.length === METHOD_DEPTH ? method([...path, name]) : level([...path, name]);
        return made[name];
      },
    });
  }

  function method([namespace = '', serverType = '', service = '', name = '']: readonly string[]): unknown {
    return createMethodProxy(caller, new RemoteMethod({ namespace, serverType, service, method: name }), {});
  }
}
