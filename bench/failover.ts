/**
 * What callers notice when servers die, stop, and are restarted: `node --import tsx bench/failover.ts [rounds]`.
 *
 * Real processes on loopback; two dozen callers who call again when they have their answer. Times are ms. A machine
 * that does other things as well shows it in the maxima.
 */

import { describeEnvironment } from './environment.js';
import type { MadeCall } from './failover/load.js';
import {
  clientStop,
  type Outcome,
  outage,
  plannedStops,
  rollingIds,
  rollingStandbys,
  type Span,
  takeovers,
} from './failover/rounds.js';
import { formatEnvironment } from './report.js';
import { quantile } from './statistics.js';

const ROUNDS = Number(process.argv[2] ?? 20);
if (!Number.isInteger(ROUNDS) || ROUNDS < 1)
  throw new RangeError('usage: failover.ts [rounds], a whole number above 0');

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `median ${ms(quantile(sorted, 0.5))}, max ${ms(quantile(sorted, 1))}`;
}

/** Of calls that were under way at some time of these spans. */
function latency(calls: readonly MadeCall[], spans: readonly Span[]): string {
  const touched = calls.filter((call) => spans.some(({ from, to }) => call.startedAt < to && call.settledAt > from));
  const sorted = touched.map((call) => call.settledAt - call.startedAt).sort((a, b) => a - b);
  const at = (share: number): string => ms(quantile(sorted, share));
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} (${sorted.length} calls)`;
}

/** `3 ERR_RPC_CONNECTION_LOST unknown`, by kind. */
function failures(calls: readonly MadeCall[]): string {
  const kinds = new Map<string, number>();
  for (const { error } of calls) {
    if (error === undefined) continue;
    const kind = `${error.code ?? 'without a code'} ${error.delivery}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none';
}

function print(title: string, { calls, quiet, busy, handOvers }: Outcome): void {
  const once = calls.filter(({ settled }) => settled === 1).length;
  console.log(`\n${title}`);
  const row = (what: string, value: string): void => console.log(`  ${what.padEnd(24)} ${value}`);
  row('calls made / settled', `${calls.length} / ${once}`);
  row('failed calls', failures(calls));
  if (handOvers.length > 0) {
    const lost = handOvers.flatMap(({ firstLostMs }) => firstLostMs ?? []);
    if (lost.length > 0) row('to the first lost call', spread(lost));
    row('to the next answer', spread(handOvers.map(({ firstAnswerMs }) => firstAnswerMs)));
    row('last to first answer', spread(handOvers.map(({ gapMs }) => gapMs)));
    row('answered by the old one', String(handOvers.reduce((sum, { answeredByOld }) => sum + answeredByOld, 0)));
  }
  row('latency, quiet', latency(calls, quiet));
  row('latency, meanwhile', latency(calls, busy));
}

console.log(formatEnvironment(describeEnvironment()));
print(`${ROUNDS} x the leading server is killed, a standby takes over`, await takeovers(ROUNDS));
print(`${ROUNDS} x the leading server stops, a standby takes over`, await plannedStops(ROUNDS));
print('rolling restart: one id, three processes', await rollingStandbys());
print('rolling restart: three ids, each started anew', await rollingIds({ aside: false }));
print('rolling restart: three ids, each out of the roster meanwhile', await rollingIds({ aside: true }));
for (const away of [1_000, 4_000]) print(`a server is away for ${away} ms and its start`, await outage(away));
print('the client stops', await clientStop(false));
print('the client stops by force', await clientStop(true));
