#!/usr/bin/env bash
# moleculer 0.14.36 over its TCP transporter, Node 20.20: an action returns a Readable of 20,000 items, and the caller takes ten and
# destroys the stream. A guess would be that the source is asked for no more than the buffers of both ends hold, and is destroyed
# with the caller's stream, as it is with pipes. The source is read to its end: the items that the caller does not take wait in the
# caller's memory, and the end of the caller's stream does not travel.
#
# Seen: "taken 10; the source gave 20000 and was read to its end".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts moleculer@0.14.36 > /dev/null

cat > program.cjs <<'PROGRAM'
const { createServer } = require('node:net');
const { Readable } = require('node:stream');
const { ServiceBroker } = require('moleculer');

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

(async () => {
  const [first, second] = [await freePort(), await freePort()];
  const urls = [`127.0.0.1:${first}/server`, `127.0.0.1:${second}/caller`];
  const broker = (nodeID, port) => {
    const options = { port, urls, udpDiscovery: false, useHostname: false, gossipPeriod: 0.2 };
    return new ServiceBroker({ nodeID, logger: false, transporter: { type: 'TCP', options } });
  };
  let given = 0;
  let end = 'is still read';
  async function* items() {
    try {
      for (; given < 20_000; given++) yield { id: given };
      end = 'was read to its end';
    } finally {
      if (given < 20_000) end = 'was ended early';
    }
  }
  const [server, caller] = [broker('server', first), broker('caller', second)];
  server.createService({ name: 'items', actions: { all: () => Readable.from(items()) } });
  await server.start();
  await caller.start();
  await caller.waitForServices('items', 10_000);
  let taken = 0;
  for await (const _item of await caller.call('items.all')) if (++taken === 10) break;
  for (let round = 0; end === 'is still read' && round < 100; round++) await new Promise((done) => setTimeout(done, 100));
  console.log(`taken ${taken}; the source gave ${given} and ${end}`);
  process.exit();
})();
PROGRAM

seen=$(timeout 40 node program.cjs)
echo "$seen"
[[ $seen == 'taken 10; the source gave 20000 and was read to its end' ]]
