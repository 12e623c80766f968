#!/usr/bin/env bash
# Node 20.20, 22.23, 24.21 and 26.12: a program accepts sockets itself, and hands them to an HTTP server by `server.emit('connection', socket)`,
# as the documentation allows. A guess would be that the server's `headersTimeout` and `requestTimeout` hold for those sockets too. The check runs
# only in a server that listens itself: half a request stays open for good. lib/transport/handshakes.ts has a time of its own therefore.
#
# Seen: "listens: 408; is given its sockets: still open after 2 s", with limits of 200 ms.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > program.cjs <<'PROGRAM'
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { setTimeout } = require('node:timers/promises');

const limits = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 50 };

async function answerOf(listener) {
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const socket = net.connect(listener.address().port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n');
  const answer = once(socket, 'data').then(([bytes]) => /\d{3}/.exec(bytes)[0]);
  return Promise.race([answer, setTimeout(2_000, 'still open after 2 s')]);
}

async function main() {
  const listens = await answerOf(http.createServer(limits));
  const server = http.createServer(limits);
  const isGiven = await answerOf(net.createServer((socket) => server.emit('connection', socket)));
  console.log(`listens: ${listens}; is given its sockets: ${isGiven}`);
  process.exit();
}
main();
PROGRAM

seen=$(node program.cjs)
echo "$seen"
[[ $seen == 'listens: 408; is given its sockets: still open after 2 s' ]]
