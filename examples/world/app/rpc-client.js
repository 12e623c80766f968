const Client = require('mailstation').client;
const censor = require('./filters/censor');
const callLog = require('./filters/call-log');
const routes = require('./routes');
const servers = require('../config/servers');

/** The caller's end of a process: `app.rpc[serverType][module][method](session, ...args, cb)`. */
module.exports = function start(app, cb) {
  const client = Client.create({
    context: app,
    routeContext: app,
    router: routes,
    timeout: 5000,
    pendingSize: 100,
  });
  client.before(censor);
  client.filter(callLog);
  client.start((err) => {
    if (err) return cb(err);
    client.addProxies(servers.records);
    client.addServers(servers.list(app.basePort));
    app.rpc = client.proxies.user;
    cb(null, client);
  });
};
