#!/bin/sh
# parse-prometheus-text-format 1.1.1: all histograms of one name become one, and their labels are lost.
#
# A good guess: `metrics` has an entry for each set of labels, as it has for counters and gauges, and as prom2json has it, whose
# output the package says that it follows.
#
# What happens: as soon as a histogram has labels beside `le`, `metrics` has a single entry without labels. A later bucket of the
# same bound takes the place of an earlier one, and `_sum` and `_count` are left out.
#
# What we do: the tests of mailstation/metrics give the parser one line at a time, and group the lines themselves.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund parse-prometheus-text-format@1.1.1
cat > metrics.txt <<'EOF'
# HELP seconds Duration of a call.
# TYPE seconds histogram
seconds_bucket{method="a",le="1"} 1
seconds_bucket{method="a",le="+Inf"} 2
seconds_sum{method="a"} 3
seconds_count{method="a"} 2
seconds_bucket{method="b",le="1"} 5
seconds_bucket{method="b",le="+Inf"} 5
seconds_sum{method="b"} 1
seconds_count{method="b"} 5
EOF
found=$(node -e "
const parse = require('parse-prometheus-text-format');
const [{ metrics }] = parse(require('fs').readFileSync('metrics.txt', 'utf8'));
console.log(JSON.stringify(metrics));
")
echo "$found"
[ "$found" = '[{"buckets":{"1":"5","+Inf":"5"}}]' ] || { echo 'the behaviour has changed'; exit 1; }
