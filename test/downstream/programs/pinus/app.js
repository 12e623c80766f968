// A process of the game: a master, a gate, a connector or a chat server, as its arguments say.
require('reflect-metadata'); // pinus-loader wants it, and leaves the import to the program
const { pinus } = require('pinus');

const app = pinus.createApp();
app.set('name', 'tavern');

/** Before and after filters of calls, counted by method. */
const calls = { before: {}, after: {} };
const count = (table, msg) => {
  const name = `${msg.service}.${msg.method}`;
  table[name] = (table[name] ?? 0) + 1;
};

app.configure('development', () => {
  app.set('calls', calls);
  app.set('proxyConfig', { timeout: 1_000 });
  app.filter(new pinus.filters.timeout());
  app.rpcFilter(new pinus.rpcFilters.rpcLog());
  app.rpcBefore((_serverId, msg, _opts, next) => {
    count(calls.before, msg);
    next(msg.method === 'forbidden' ? new Error('a guest may not do this') : undefined);
  });
  app.rpcAfter((_serverId, msg, _opts, next) => {
    count(calls.after, msg);
    next();
  });
  app.set('errorHandler', (error, _msg, _response, _session, next) => {
    next(null, { code: 500, message: error.message, by: app.getServerId() });
  });
  if (process.env.RPC_DEBUG_LOG) app.enable('rpcDebugLog');
});

app.configure('development', 'gate|connector', () => {
  const connector = pinus.connectors.hybridconnector;
  app.set('connectorConfig', { connector, heartbeat: 5, distinctHost: true });
});

// Each room has its own chat server: the length of its name chooses.
app.route('chat', (session, _msg, context, next) => {
  const servers = context.getServersByType('chat') ?? [];
  if (servers.length === 0) return next(new Error('there is no chat server'));
  const ids = servers.map(({ id }) => id).sort();
  next(null, ids[(session?.get?.('room') ?? '').length % ids.length]);
});

app.start((error) => console.log(error ? `failed: ${error.stack}` : `${app.getServerId()} is up`));
