/** What is called, in pomelo's words: routers and filters see it, and filters may rewrite it. */
export interface RpcMessage {
  namespace: string;
  serverType: string;
  /** The remote module's name; the same thing is called "module" in `proxies[namespace][serverType][module][method]`. */
  service: string;
  method: string;
  args: unknown[];
}

/** What `rpcInvoke` is given: the server's id says which server is meant, so its type may be left out. */
export type InvokeMessage = Omit<RpcMessage, 'serverType'> & { serverType?: string };

/** `namespace.module.method`: the name under which a method is called over the wire. Looked up whole, never split. */
export function methodName(namespace: string, service: string, method: string): string {
  return `${namespace}.${service}.${method}`;
}
