/** Remote modules that a client calls, and the type of server that has them. Source: pomelo-rpc, `addProxies`. */
export interface ProxyRecord {
  /** First part of the name of each method: `namespace.module.method`. */
  readonly namespace: string;
  /** Type of the servers that offer the modules. */
  readonly serverType: string;
  /**
   * Folder or file of the modules: an absolute path, a file URL, or a path relative to the working directory. The
   * factories in there are called, with the client's context, to learn the names of their methods. Without a path,
   * proxies are made when they are asked for, and the client needs none of the server's code.
   */
  readonly path?: string | URL | undefined;
}
