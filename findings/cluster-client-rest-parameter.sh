#!/usr/bin/env bash
# cluster-client 3.7.0, Node 20.20: a shared client calls an async method that has a rest parameter, `async echo(...values)`,
# with one argument. A guess would be that the method gets one value, since the method answers by its promise. The method
# gets two: cluster-client appends its own callback to the arguments of every call. In a Follower's call the second value is
# null, since a function does not travel.
#
# Seen: "1 argument sent, the method got: number, function".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit cluster-client@3.7.0 sdk-base@4.2.1

cat > program.cjs <<'PROGRAM'
const cluster = require('cluster-client');
const Base = require('sdk-base');

class Client extends Base {
  constructor() {
    super();
    this.ready(true);
  }
  async echo(...values) {
    return values.map((value) => typeof value);
  }
}

const client = cluster(Client, { singleMode: true }).create();
client
  .ready()
  .then(() => client.echo(5))
  .then((kinds) => {
    console.log(`1 argument sent, the method got: ${kinds.join(', ')}`);
    process.exit();
  });
PROGRAM

seen=$(node program.cjs)
echo "$seen"
[[ $seen == '1 argument sent, the method got: number, function' ]]
