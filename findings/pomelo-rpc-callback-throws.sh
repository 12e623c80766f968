#!/usr/bin/env bash
# pomelo-rpc 1.0.7, Node 20.20: the callback of a call throws. A guess would be one behaviour for all callbacks: an
# 'uncaughtException', as with every callback that Node calls. There are two: an exception in the callback of an answer is
# caught and logged, and the program goes on; the same exception in the callback of a call that timed out is uncaught, and ends
# the process.
#
# Seen: "after an answer: callback ran 1 time, uncaught: none" and "after a timeout: callback ran 1 time, uncaught: from the
# callback".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts pomelo-rpc@1.0.7
mkdir remote
echo 'module.exports = () => ({ add: (a, b, done) => done(null, a + b), never: () => {} });' > remote/sums.js

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

let uncaught = 'none';
process.on('uncaughtException', (error) => {
  uncaught = error.message;
});

function run(port) {
  const server = Server.create({ port, context: {}, paths: [{ namespace: 'user', path }] });
  server.start();
  const client = Client.create({
    timeout: 500,
    context: { serverId: 'caller-1' },
    routeContext: { getServersByType: () => [{ id: 'sums-1', serverType: 'sums' }] },
    router: (_param, _msg, _context, done) => done(null, 'sums-1'),
  });
  client.addProxies([{ namespace: 'user', serverType: 'sums', path }]);
  client.addServers([{ id: 'sums-1', serverType: 'sums', host: '127.0.0.1', port }]);
  client.start(() => {
    const { sums } = client.proxies.user.sums;
    report('after an answer', (callback) => sums.add({}, 1, 2, callback), () => {
      report('after a timeout', (callback) => sums.never({}, callback), () => process.exit());
    });
  });
}

function report(what, call, next) {
  let runs = 0;
  uncaught = 'none';
  call(() => {
    runs += 1;
    throw new Error('from the callback');
  });
  setTimeout(() => {
    console.log(`${what}: callback ran ${runs} time, uncaught: ${uncaught}`);
    next();
  }, 2_000);
}
PROGRAM

seen=$(timeout 20 node program.cjs 2> /dev/null | grep "^after")
echo "$seen"
[[ $seen == *'after an answer: callback ran 1 time, uncaught: none'* ]]
[[ $seen == *'after a timeout: callback ran 1 time, uncaught: from the callback'* ]]
