const Server = require('mailstation').server;
const path = require('node:path');

/** The callee's end of a process: all modules of its server type. */
module.exports = function start(app) {
  const server = Server.create({
    port: app.port,
    paths: [{ namespace: 'user', path: path.join(__dirname, '../servers', app.serverType, 'remote') }],
    context: app,
  });
  server.start();
  return server;
};
