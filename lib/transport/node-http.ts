/**
 * Returns `node:http`. An `import` of the module reads all its exports, among them `WebSocket`, whose getter compiles WebAssembly in
 * Node 22: under `--jitless`, which has none, the process would end for all users of the package.
 */
export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');

/** Returns `node:https`, taken as {@link nodeHttp} is. */
export const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');
