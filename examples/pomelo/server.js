const Server = require('mailstation').server;

const port = Number(process.argv[2] || 3333);

const server = Server.create({
  port: port,
  paths: [{ namespace: 'user', path: `${__dirname}/remote/test` }],
  context: { serverId: 'test-server-1' },
});

server.start();
console.log('rpc server started');
