#!/usr/bin/env bash
# Node 20.20, 22.23, 24.21 and 26.12 on Linux: a server listens on a unix socket, an operator removes the file, and a second server listens
# at the same path. Then the first server is closed. A guess would be that the second one is not touched. The close removes the file by
# its name, whichever socket has the name now: the second server goes on listening, and no client reaches it any more.
#
# Seen: "before: connected, after the close of the first server: ENOENT".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > program.cjs <<'PROGRAM'
const { once } = require('node:events');
const { unlinkSync } = require('node:fs');
const { connect, createServer } = require('node:net');

async function listen() {
  const server = createServer((socket) => socket.end()).listen('a.sock');
  await once(server, 'listening');
  return server;
}

function dial() {
  return new Promise((resolve) => {
    const socket = connect('a.sock', () => resolve('connected'));
    socket.on('error', ({ code }) => resolve(code));
  });
}

async function main() {
  const first = await listen();
  unlinkSync('a.sock');
  await listen();
  const before = await dial();
  first.close();
  await once(first, 'close');
  console.log(`before: ${before}, after the close of the first server: ${await dial()}`);
  process.exit();
}
main();
PROGRAM

seen=$(node program.cjs)
echo "$seen"
[[ $seen == 'before: connected, after the close of the first server: ENOENT' ]]
