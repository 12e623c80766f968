#!/usr/bin/env bash
# cluster-client 3.7.0, Node 20.20: a method of the real client rejects with a text in the place of an Error. A guess would be
# that a Follower's call is rejected as the Leader's own is. The Leader's call is rejected with the text, and the Follower's
# call fails after its response timeout of 3 s with a ResponseTimeoutError: the failure to send the text back is not reported.
#
# Seen: "leader: sold out" and "follower: ResponseTimeoutError".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit cluster-client@3.7.0 sdk-base@4.2.1

cat > program.cjs <<'PROGRAM'
const net = require('node:net');
const cluster = require('cluster-client');
const Base = require('sdk-base');

class Shop extends Base {
  constructor() {
    super();
    this.ready(true);
  }
  async buy() {
    throw 'sold out';
  }
}

const free = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

(async () => {
  const port = await free();
  const join = async (isLeader) => {
    const client = cluster(Shop, { port, isLeader }).create();
    client.on('error', () => {});
    await client.ready();
    return client;
  };
  const outcome = (client) => client.buy().then(String, (error) => (typeof error === 'string' ? error : error.name));
  const leader = await join(true);
  const follower = await join(false);
  console.log(`leader: ${await outcome(leader)}`);
  console.log(`follower: ${await outcome(follower)}`);
  process.exit();
})();
PROGRAM

seen=$(node program.cjs 2> errors.txt) || { cat errors.txt; exit 1; }
echo "$seen"
[[ $seen == $'leader: sold out\nfollower: ResponseTimeoutError' ]] || { cat errors.txt; exit 1; }
