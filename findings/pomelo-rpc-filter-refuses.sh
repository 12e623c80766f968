#!/usr/bin/env bash
# pomelo-rpc 1.0.7, Node 20.20: a before filter refuses a call with next(error). A guess would be that the caller's callback
# gets that error, as the middleware of Express or Koa hands it on. The callback is never called: the error goes to the error
# handler of the client alone.
#
# Seen: "allowed: null 3", then "refused: no callback within 1000 ms; error handler: no guests".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts pomelo-rpc@1.0.7
mkdir remote
echo 'module.exports = () => ({ add: (a, b, done) => done(null, a + b) });' > remote/sums.js

cat > program.cjs <<'PROGRAM'
const { createServer, Server: NetServer } = require('node:net');

// pomelo-rpc listens on all interfaces; here on this machine's loopback.
const { listen } = NetServer.prototype;
NetServer.prototype.listen = function (port, ...more) {
  const callbacks = more.filter((each) => typeof each === 'function');
  return typeof port === 'number' ? listen.call(this, port, '127.0.0.1', ...callbacks) : listen.call(this, port, ...more);
};

const { client: Client, server: Server } = require('pomelo-rpc');

const path = `${__dirname}/remote`;
const probe = createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => run(port));
});

function run(port) {
  const server = Server.create({ port, context: {}, paths: [{ namespace: 'user', path }] });
  server.start();
  const client = Client.create({
    context: { serverId: 'caller-1' },
    routeContext: { getServersByType: () => [{ id: 'sums-1', serverType: 'sums' }] },
    router: (_param, _msg, _context, done) => done(null, 'sums-1'),
  });
  let handled = 'not called';
  client.before((_id, message, _options, next) => next(message.args[0] === 0 ? new Error('no guests') : undefined));
  client.setErrorHandler((error) => {
    handled = error.message;
  });
  client.addProxies([{ namespace: 'user', serverType: 'sums', path }]);
  client.addServers([{ id: 'sums-1', serverType: 'sums', host: '127.0.0.1', port }]);
  client.start(() => {
    const { sums } = client.proxies.user.sums;
    sums.add({}, 1, 2, (error, sum) => {
      console.log(`allowed: ${error} ${sum}`);
      let outcome = 'no callback within 1000 ms';
      sums.add({}, 0, 2, (refusal) => {
        outcome = `callback with ${refusal && refusal.message}`;
      });
      setTimeout(() => {
        console.log(`refused: ${outcome}; error handler: ${handled}`);
        process.exit();
      }, 1_000);
    });
  });
}
PROGRAM

seen=$(timeout 20 node program.cjs 2>/dev/null)
echo "$seen"
[[ $seen == *'allowed: null 3'*'refused: no callback within 1000 ms; error handler: no guests'* ]]
