#!/usr/bin/env bash
# Node 20.20, 22.23, 24.21 and 26.12: a program writes to a socket whose peer reads everything. On a TCP socket the kernel takes the bytes
# within `write`, and `writableLength` is 0 afterwards. A guess would be the same over TLS. There a write of one byte waits for the next
# turn of the event loop, and a write of `writableHighWaterMark` bytes returns false, although nothing is blocked: a program that takes
# false for "the peer does not read" stops and starts once a turn. lib/transport/tls.ts lets 64 KiB wait within one turn.
#
# Seen: "tcp: 0 bytes wait, 0 turns, a write of the high-water mark returns true; tls: 1 bytes wait, 1 turns, ... returns false".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout own.key -out own.crt -subj /CN=own 2> /dev/null

cat > program.cjs <<'PROGRAM'
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const net = require('node:net');
const { setImmediate, setTimeout } = require('node:timers/promises');
const tls = require('node:tls');

async function look(name, server, connect, connected) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect(server.address().port);
  await once(socket, connected);
  await setTimeout(100);
  socket.write('x');
  const waits = socket.writableLength;
  let turns = 0;
  for (; socket.writableLength > 0; turns++) await setImmediate();
  const result = socket.write(Buffer.alloc(socket.writableHighWaterMark));
  return `${name}: ${waits} bytes wait, ${turns} turns, a write of the high-water mark returns ${result}`;
}

const read = (socket) => socket.on('error', () => {}).resume();
async function main() {
  const own = { cert: readFileSync('own.crt'), key: readFileSync('own.key') };
  const overTcp = await look('tcp', net.createServer(read), (port) => net.connect(port, '127.0.0.1'), 'connect');
  const dial = (port) => tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const overTls = await look('tls', tls.createServer(own, read), dial, 'secureConnect');
  console.log(`${overTcp}; ${overTls}`);
  process.exit();
}
main();
PROGRAM

seen=$(node program.cjs)
echo "$seen"
mark='a write of the high-water mark returns'
[[ $seen == "tcp: 0 bytes wait, 0 turns, $mark true; tls: 1 bytes wait, 1 turns, $mark false" ]]
