#!/usr/bin/env bash
# tsx 4.23.15, Node 20.20: a CommonJS file in TypeScript (.cts) requires a package that is an ES module in JavaScript. Node 20.20
# itself requires such a package. A guess would be that tsx changes nothing there, since tsx is for TypeScript. Under tsx the
# require fails with texts that name neither tsx nor the package. With Node 22 and later it works.
#
# Seen: "node: one 1, two 2" and "tsx: one fails: Cannot read properties of undefined (reading 'exports'), two fails: request for
# './second.js' is not in cache".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit tsx@4.23.15

mkdir -p node_modules/one node_modules/two
echo '{ "name": "one", "type": "module", "exports": "./index.js" }' > node_modules/one/package.json
echo 'export const value = 1;' > node_modules/one/index.js
echo '{ "name": "two", "type": "module", "exports": "./index.js" }' > node_modules/two/package.json
echo "export { value } from './second.js';" > node_modules/two/index.js
echo 'export const value = 2;' > node_modules/two/second.js

cat > program.cts <<'PROGRAM'
const outcome = (name: string) => {
  try {
    return `${name} ${require(name).value}`;
  } catch (error) {
    return `${name} fails: ${(error as Error).message.split('\n')[0]}`;
  }
};
console.log(`${outcome('one')}, ${outcome('two')}`);
PROGRAM
# The same program in JavaScript, for Node alone.
sed 's/: string//; s/(error as Error)/error/' program.cts > program.cjs

seen=$(printf 'node: %s\ntsx: %s' "$(node program.cjs 2> /dev/null)" "$(npx tsx program.cts 2> /dev/null)")
echo "$seen"
case $(node --version) in
  v20.*)
    one="one fails: Cannot read properties of undefined (reading 'exports')"
    [[ $seen == $'node: one 1, two 2\ntsx: '"$one, two fails: request for './second.js' is not in cache" ]]
    ;;
  *) [[ $seen == $'node: one 1, two 2\ntsx: one 1, two 2' ]] ;;
esac
