// CommonJS without syntax that a compiler would have to turn into code: what programs that run as they are may use.
const { createServer, RpcError }: typeof import('mailstation') = require('mailstation');
const byEntry: typeof import('mailstation/cluster-client') = require('mailstation/cluster-client');

const server: import('mailstation').Server = createServer({ id: 'math-1', serverType: 'math', port: 0, paths: [] });
const isOurs = (error: unknown): string => (error instanceof RpcError ? error.code : 'another');
module.exports = { server, isOurs, close: byEntry.close };
