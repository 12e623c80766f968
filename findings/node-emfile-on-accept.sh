#!/usr/bin/env bash
# Node 20.20, net.Server: a process has no file descriptor left for a connection. A guess would be that the server emits 'error'
# with EMFILE, since accept(2) fails with it. Nothing is emitted, neither 'error' nor 'drop': libuv frees one descriptor that it
# holds in reserve, accepts the connection and closes it. The other end connects without an error and is closed at once.
#
# Seen: "server: connections 5, errors 0, drops 0" and "client: connected, closed without an error".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > server.cjs <<'PROGRAM'
const { closeSync, openSync } = require('node:fs');
const { createServer } = require('node:net');

const seen = { connections: 0, errors: 0, drops: 0 };
const taken = [];
const server = createServer((socket) => {
  seen.connections += 1;
  socket.resume();
  if (seen.connections === 5) fill();
});
server.on('error', () => (seen.errors += 1));
server.on('drop', () => (seen.drops += 1));
server.listen(0, '127.0.0.1', () => process.send(server.address().port));

/** Takes all descriptors that are left. */
function fill() {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch (error) {
    process.send(error.code);
  }
}

process.on('message', () => {
  for (const fd of taken) closeSync(fd);
  console.log(`server: connections ${seen.connections}, errors ${seen.errors}, drops ${seen.drops}`);
  process.exit();
});
PROGRAM

cat > program.cjs <<'PROGRAM'
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { connect } = require('node:net');

(async () => {
  const command = `ulimit -n 100; exec "${process.execPath}" server.cjs`;
  const server = spawn('sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(server, 'message');
  const full = once(server, 'message');
  for (let i = 0; i < 5; i++) await once(connect(port, '127.0.0.1'), 'connect');
  await full;
  const socket = connect(port, '127.0.0.1').resume();
  let error = 'without an error';
  socket.on('error', ({ code }) => (error = `with ${code}`));
  await once(socket, 'connect');
  await once(socket, 'close');
  console.log(`client: connected, closed ${error}`);
  server.send('report');
  await once(server, 'exit');
  process.exit();
})();
PROGRAM

seen=$(timeout 20 node program.cjs)
echo "$seen"
[[ $seen == *'client: connected, closed '*'server: connections 5, errors 0, drops 0'* ]]
