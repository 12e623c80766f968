const Client = require('mailstation').client;

const port = Number(process.argv[2] || 3333);

const records = [{ namespace: 'user', serverType: 'test', path: `${__dirname}/remote/test` }];
const servers = [{ id: 'test-server-1', serverType: 'test', host: '127.0.0.1', port: port }];

// Handed to the router with each call. A session in most games; this router does not look at it.
const routeParam = null;

const client = Client.create({
  context: { serverId: 'connector-1' },
  routeContext: servers,
  router: (_routeParam, msg, routeContext, callback) => {
    console.log('%s.%s goes to %s', msg.service, msg.method, routeContext[0].id);
    callback(null, routeContext[0].id);
  },
});

client.start((err) => {
  if (err) throw err;
  console.log('rpc client started');

  client.addProxies(records);
  client.addServers(servers);

  const service = client.proxies.user.test.service;
  service.echo(routeParam, 'hello', (err, message) => {
    console.log('echo:', err, message);

    service.divide(routeParam, 17, 5, (err, quotient, remainder) => {
      console.log('divide:', err, quotient, remainder);

      service.divide(routeParam, 1, 0, (err) => {
        console.log('divide by zero fails:', Boolean(err));
        process.exit();
      });
    });
  });
});
