#!/usr/bin/env bash
# c8 12.0.0 (the newest on 2026-11-27), Node 20.20: a program that imports a `data:` module is covered as any other. Once
# that module has a source map, which loaders of TypeScript add to what they make, the report of the whole run is lost.
# The program itself runs to its end; afterwards c8 prints
#
#     TypeError [ERR_INVALID_URL_SCHEME]: The URL must be of scheme file
#
# from its merging of source maps, writes no report, and ends with 1. A guess would be that modules which are no files
# are left out, as they are where they have no source map. scripts/coverage.mjs takes such entries out before it reports.
#
# Seen: "without a map: exit 0", "with a map: exit 1, ERR_INVALID_URL_SCHEME, the program ended well".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit c8@12.0.0

program() {
  cat > program.mjs <<PROGRAM
const text = 'export default 1;\n$1';
await import('data:text/javascript,' + encodeURIComponent(text));
console.log('the program ended well');
PROGRAM
}

map=$(printf '%s' '{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"}' | base64 | tr -d '\n')

program ''
without=0
npx c8 node program.mjs > without.txt 2>&1 || without=$?

program "//# sourceMappingURL=data:application/json;base64,$map"
with=0
npx c8 node program.mjs > with.txt 2>&1 || with=$?

echo "without a map: exit $without"
echo "with a map: exit $with, $(grep -om1 ERR_INVALID_URL_SCHEME with.txt || echo 'no such error'), $(grep -m1 'program' with.txt || echo 'the program did not end')"

[[ $without == 0 ]]
grep -q 'program.mjs' without.txt
[[ $with == 1 ]]
grep -q 'ERR_INVALID_URL_SCHEME' with.txt
grep -q 'the program ended well' with.txt
