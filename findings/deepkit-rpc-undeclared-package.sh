#!/usr/bin/env bash
# @deepkit/rpc 1.0.19 imports @deepkit/event, and names it neither among its dependencies nor among its peers. A guess would be that the package
# and all the peers that its manifest names are enough. They are not: the first import fails with ERR_MODULE_NOT_FOUND, until the
# package that is missing is installed too. Where another package of the family happens to bring it along, nobody notices.
#
# Seen: "with its peers: ERR_MODULE_NOT_FOUND @deepkit/event" and "with @deepkit/event: imported".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --save-exact --legacy-peer-deps @deepkit/rpc@1.0.19 \
  @deepkit/bson@1.0.19 @deepkit/core@1.0.19 @deepkit/core-rxjs@1.0.19 @deepkit/injector@1.0.19 @deepkit/logger@1.0.19 @deepkit/type@1.0.19 rxjs@7.8.2

cat > program.mjs <<'PROGRAM'
const outcome = await import('@deepkit/rpc').then(
  () => 'imported',
  (error) => `${error.code} ${/'(@deepkit\/[a-z-]+)'/.exec(error.message)?.[1]}`,
);
console.log(`${process.argv[2]}: ${outcome}`);
PROGRAM

seen=$(node program.mjs 'with its peers'
  npm install --silent --no-fund --no-audit --save-exact --legacy-peer-deps @deepkit/event@1.0.19
  node program.mjs 'with @deepkit/event')
echo "$seen"
expected='with its peers: ERR_MODULE_NOT_FOUND @deepkit/event
with @deepkit/event: imported'
[ "$seen" = "$expected" ] || { echo 'the behaviour has changed' >&2; exit 1; }
