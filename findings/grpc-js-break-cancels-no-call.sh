#!/usr/bin/env bash
# @grpc/grpc-js 1.14.7, Node 20.20: a client leaves `for await (const item of call)` of a server stream by `break`. A guess would be
# that the call is cancelled, as the iterator destroys the stream, and a destroyed stream of http2 resets its request. The stream is
# destroyed for the client alone: the server hears nothing, waits for 'drain' for ever, and hears of it by `call.cancel()`.
#
# Seen: "a second after break: nothing", then "after cancel(): cancelled, close".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @grpc/grpc-js@1.14.7 > /dev/null

cat > program.cjs <<'PROGRAM'
const grpc = require('@grpc/grpc-js');
const { once } = require('node:events');

const same = (bytes) => bytes;
const items = {
  path: '/test.Items/items',
  requestStream: false,
  responseStream: true,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const seen = [];
const server = new grpc.Server();
server.addService({ items }, {
  async items(call) {
    for (const event of ['cancelled', 'close', 'error', 'finish']) call.on(event, () => seen.push(event));
    for (;;) if (!call.write(Buffer.alloc(16_384))) await once(call, 'drain');
  },
});
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), async (_error, port) => {
  const Client = grpc.makeGenericClientConstructor({ items }, 'Items');
  const call = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure()).items(Buffer.alloc(0));
  call.on('error', () => {});
  let taken = 0;
  for await (const _item of call) if (++taken === 10) break;
  await wait(1_000);
  console.log(`a second after break: ${seen.splice(0).join(', ') || 'nothing'}`);
  call.cancel();
  await wait(1_000);
  console.log(`after cancel(): ${seen.join(', ')}`);
  process.exit();
});
PROGRAM

seen=$(timeout 20 node program.cjs)
echo "$seen"
[[ $seen == 'a second after break: nothing'*'after cancel(): cancelled, close' ]]
