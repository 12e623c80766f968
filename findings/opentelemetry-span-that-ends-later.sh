#!/usr/bin/env bash
# @opentelemetry/sdk-trace 2.12.1 and 3.1.1: a time that is a number is read as one of performance.now(), as long as it is not later than now,
# and else as milliseconds since 1970. A guess would be that span.end(performance.now() + 1000), of a library that has measured a duration
# and adds it to its own start, ends the span a second later. The end is then in January 1970, before the start, and the SDK makes
# the duration 0, with a warning in its diag log, which most programs do not have on. A library ends a span with a reading of the clock.
#
# Seen, for a span that began 5 ms before: "end now: 5 ms" and "end a second later: 0 ms".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace@2.12.1

cat > program.mjs <<'PROGRAM'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('finding');
const duration = (later) => {
  const startTime = performance.now() - 5;
  tracer.startSpan('span', { startTime }).end(startTime + 5 + later);
  const [seconds, nanos] = exporter.getFinishedSpans().at(-1).duration;
  return `${Math.round(seconds * 1_000 + nanos / 1e6)} ms`;
};
console.log(`end now: ${duration(0)}`);
console.log(`end a second later: ${duration(1_000)}`);
PROGRAM

seen=$(node program.mjs)
echo "$seen"
expected='end now: 5 ms
end a second later: 0 ms'
[ "$seen" = "$expected" ] || { echo 'the behaviour has changed' >&2; exit 1; }
