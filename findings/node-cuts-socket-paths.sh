#!/usr/bin/env bash
# Node 20.19.0 and 22.23.3 on Linux: a program listens on a unix socket whose path has 120 bytes. The system takes 107. A guess would be
# an error, as from Node 24. Node cuts the path to 108 bytes and listens there. `address()` tells the path that was asked for, no file
# has that name, and a client with the same path connects, since the client's path is cut too. A second server with another path that
# is the same in its first 108 bytes is refused with EADDRINUSE.
#
# Seen with 20.19.0 and 22.23.3: "listens, says 120 bytes, the file has 108, a second path: EADDRINUSE"; with 24.21.0: "EINVAL".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null

cat > program.cjs <<'PROGRAM'
const { createServer } = require('node:net');
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const folder = mkdtempSync(join(tmpdir(), 'cut-'));
const path = join(folder, 'x'.repeat(120 - folder.length - 1));
const server = createServer();
server.on('error', ({ code }) => end(code));
server.listen(path, () => {
  const [name] = readdirSync(folder);
  const second = createServer();
  const seen = `listens, says ${server.address().length} bytes, the file has ${join(folder, name).length}`;
  second.on('error', ({ code }) => end(`${seen}, a second path: ${code}`));
  second.listen(`${path.slice(0, -1)}y`, () => end(`${seen}, a second path: listens`));
});

function end(what) {
  console.log(what);
  rmSync(folder, { recursive: true });
  process.exit();
}
PROGRAM

seen_by() {
  npm install --silent --no-fund --no-audit --prefix "./$1" "node@$1" > /dev/null
  "./$1/node_modules/node/bin/node" program.cjs
}

for version in 20.19.0 22.23.3; do
  seen=$(seen_by "$version")
  echo "$version: $seen"
  [[ $seen == 'listens, says 120 bytes, the file has 108, a second path: EADDRINUSE' ]]
done
seen=$(seen_by 24.21.0)
echo "24.21.0: $seen"
[[ $seen == 'EINVAL' ]]
