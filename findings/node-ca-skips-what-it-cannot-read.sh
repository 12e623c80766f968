#!/usr/bin/env bash
# Node 20.20, 22.23, 24.21 and 26.12: a client of node:tls gets its authorities from a file of several certificates, one of which is
# damaged, or from a file that holds no certificate at all. A guess would be an error, as for a damaged `cert` or `key`. Node reads up
# to the damaged certificate, and leaves the rest out without a word: an authority behind it is unknown, and the connection fails with
# UNABLE_TO_VERIFY_LEAF_SIGNATURE, which blames the server. Only the order in the file tells. lib/transport/tls-load.ts reads each
# certificate of the file, and names the one that cannot be read.
#
# Seen: "good: accepted; good, damaged: accepted; damaged, good: UNABLE_TO_VERIFY_LEAF_SIGNATURE; no certificate:
# UNABLE_TO_VERIFY_LEAF_SIGNATURE".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2)
openssl req -x509 "${ec[@]}" -keyout ca.key -out ca.crt -subj /CN=ca 2> /dev/null
openssl req -x509 "${ec[@]}" -keyout own.key -out own.crt -subj /CN=own -CA ca.crt -CAkey ca.key \
  -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE 2> /dev/null

cat > program.cjs <<'PROGRAM'
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { connect, createServer } = require('node:tls');

const good = readFileSync('ca.crt', 'utf8');
const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

async function main() {
  const own = { cert: readFileSync('own.crt'), key: readFileSync('own.key') };
  const server = createServer(own, (socket) => socket.on('error', () => {}).resume());
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  const dial = (ca) =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca });
      socket.once('secureConnect', () => resolve('accepted'));
      socket.once('error', ({ code }) => resolve(code));
    });
  const files = { good, 'good, damaged': good + damaged, 'damaged, good': damaged + good, 'no certificate': 'text' };
  const seen = [];
  for (const [name, ca] of Object.entries(files)) seen.push(`${name}: ${await dial(ca)}`);
  console.log(seen.join('; '));
  process.exit();
}
main();
PROGRAM

seen=$(node program.cjs)
echo "$seen"
unknown=UNABLE_TO_VERIFY_LEAF_SIGNATURE
[[ $seen == "good: accepted; good, damaged: accepted; damaged, good: $unknown; no certificate: $unknown" ]]
