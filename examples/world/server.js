// node server.js <id> <first port>: one process of the world.
const createApp = require('./app/app');
const startClient = require('./app/rpc-client');
const startServer = require('./app/rpc-server');

const app = createApp(process.argv[2], Number(process.argv[3]));
startClient(app, (err) => {
  if (err) throw err;
  startServer(app);
});
process.on('disconnect', () => process.exit());
