/** A call as routers and filters see it; filters may change it. Source of the names: pomelo-rpc. */
export interface RpcMessage {
  /** First part of the name of the method. */
  namespace: string;
  /** Type of the server that is called. */
  serverType: string;
  /** Name of the remote module, which is the `module` in `proxies[namespace][serverType][module][method]`. */
  service: string;
  /** Name of the method within the module. */
  method: string;
  /** Arguments of the call. */
  args: unknown[];
}

/** Message of `rpcInvoke`. The id of the server says which server is meant, so that `serverType` may be left out. */
export type InvokeMessage = Omit<RpcMessage, 'serverType'> & { serverType?: string | undefined };

/** Name of a method on the wire: `namespace.module.method`. The name is looked up whole, and never split. */
export function methodName(namespace: string, service: string, method: string): string {
  return `${namespace}.${service}.${method}`;
}
