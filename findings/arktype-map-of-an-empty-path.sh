#!/usr/bin/env bash
# arktype 2.2.9: the path of an issue is an instance of a subclass of Array, whose constructor takes the items. Array.prototype.map
# makes its result by that constructor, with the length as the only argument. A guess would be that path.map((key) => key) of an issue
# at the root, whose path is empty, is empty. The result is [0]: an issue at the root looks like one with the first item. Paths
# that are not empty are mapped rightly. Code that normalizes the paths of Standard Schema, in which a key may be an object, uses map.
#
# Seen: "path [] mapped [0]" for the root, "path ["a",1] mapped ["a",1]" below it, and "Array.from []".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit arktype@2.2.9

cat > program.mjs <<'PROGRAM'
import { type } from 'arktype';

const pathOf = (schema, value) => schema['~standard'].validate(value).issues[0].path;
const shown = (path) => `path ${JSON.stringify(path)} mapped ${JSON.stringify(path.map((key) => key))}`;
const root = pathOf(type('number'), 'x');
console.log(shown(root));
console.log(shown(pathOf(type({ a: 'number[]' }), { a: [1, 'x'] })));
console.log(`Array.from ${JSON.stringify(Array.from(root, (key) => key))}`);
PROGRAM

seen=$(node program.mjs)
echo "$seen"
expected='path [] mapped [0]
path ["a",1] mapped ["a",1]
Array.from []'
[ "$seen" = "$expected" ] || { echo 'the behaviour has changed' >&2; exit 1; }
