#!/usr/bin/env bash
# sdk-base 4.2.1 (the newest 4.x on 2026-11-27), Node 20.20: a client calls `ready(error)`, and later `ready(true)`. A guess
# would be that the later call replaces the failure for every user of `ready`. It does so for `await client.ready()` and
# for `isReady`, but `client.ready(callback)` still gives the old error to its callback. cluster-client 3.7.0 uses the
# callback, so that a real client which recovers stays failed there.
#
# Seen: "isReady true, promise resolved, callback got: no connection yet".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit sdk-base@4.2.1

cat > program.cjs <<'PROGRAM'
const Base = require('sdk-base');
const client = new Base();
client.ready().catch(() => {});
client.ready(new Error('no connection yet'));
client.ready(true);
const promise = client.ready().then(() => 'resolved', (error) => `rejected: ${error.message}`);
promise.then((how) => {
  client.ready((error) => console.log(`isReady ${client.isReady}, promise ${how}, callback got: ${error?.message}`));
});
PROGRAM

seen=$(node program.cjs)
echo "$seen"
[[ $seen == 'isReady true, promise resolved, callback got: no connection yet' ]]
