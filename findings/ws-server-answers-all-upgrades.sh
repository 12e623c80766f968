#!/usr/bin/env bash
# ws 8.23.0: a WebSocketServer is made with `server` and `path`, and another listener of the same HTTP server upgrades a
# connection at another path. A guess would be that `path` leaves the other paths alone, as it selects the own one. The
# WebSocketServer answers each upgrade at another path with 400: the bytes of an HTTP answer go into the WebSocket that the
# other listener has opened, and the connection ends.
#
# Seen: "the other path: open, then error Invalid WebSocket frame: RSV1 must be clear".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ws@8.23.0 >/dev/null

cat > program.cjs <<'PROGRAM'
const { createServer } = require('node:http');
const { WebSocket, WebSocketServer } = require('ws');

const server = createServer();
const other = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/other') other.handleUpgrade(request, socket, head, () => {});
});
new WebSocketServer({ server, path: '/chat' });

server.listen(0, '127.0.0.1', () => {
  const seen = [];
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/other`);
  client.on('open', () => seen.push('open'));
  client.on('error', (error) => seen.push(`error ${error.message}`));
  client.on('close', () => {
    console.log(`the other path: ${seen.join(', then ')}`);
    process.exit();
  });
});
PROGRAM

seen=$(timeout 20 node program.cjs)
echo "$seen"
[[ $seen == 'the other path: open, then error Invalid WebSocket frame'* ]]
