#!/usr/bin/env bash
# @nats-io/transport-node 3.4.0 says of itself that it runs on Node >= 18, and so does @nats-io/nats-core, but both depend on exactly
# @nats-io/nuid 3.0.0, which says >= 22. A guess would be that the engines of the package that one installs are those of what is installed with
# it. A project on Node 20 with engine-strict cannot install 3.4.0, though npm and a reader of its page find it fit; 3.3.1, with nuid 2.0.3, is
# the last one that can be installed there.
#
# Seen on every Node, from the manifests: "transport-node 3.4.0: >= 18.0.0, nuid 3.0.0: >= 22.x" and "transport-node 3.3.1: >= 18.0.0, nuid 2.0.3: >= 18.x".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > print.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs';

const texts = ['transport-node', 'nuid'].map((name) => {
  const { version, engines } = JSON.parse(readFileSync(`node_modules/@nats-io/${name}/package.json`, 'utf8'));
  return `${name} ${version}: ${engines?.node}`;
});
console.log(texts.join(', '));
PROGRAM

seen=$(for version in 3.4.0 3.3.1; do
  rm -rf node_modules package.json package-lock.json
  npm init -y > /dev/null
  npm install --silent --no-fund --no-audit "@nats-io/transport-node@$version"
  node print.mjs
done)
echo "$seen"
expected='transport-node 3.4.0: >= 18.0.0, nuid 3.0.0: >= 22.x
transport-node 3.3.1: >= 18.0.0, nuid 2.0.3: >= 18.x'
[ "$seen" = "$expected" ] || { echo 'the behaviour has changed' >&2; exit 1; }
