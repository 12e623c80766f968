import type { Executed, History, HistoryRecord, Left, Made, Settled, Stalled } from './history.js';
import { checkStreams } from './stream-checker.js';

/** Everything that a run may find wrong. Each has a seeded bug that shows it: in checker.test.ts and in chaos.test.ts. */
export const VIOLATIONS = [
  'settled twice',
  'never settled',
  'settled late',
  'timed out early',
  'error without a code',
  'executed twice',
  'executed by nobody',
  'wrong answer',
  'out of order',
  'executed though not sent',
  'not executed though answered',
  'left over',
  'item lost',
  'item doubled',
  'items reordered',
  'generator not finished',
  'generator finished twice',
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  /** Which call, or which process, and what of it. */
  readonly what: string;
}

/** A deadline is kept late where a server or a relay had no CPU, beside stalls of the caller; one that is forgotten is not kept at all. */
const LATE_MS = 6_000;

/** Deadlines are never early; but two clocks are read, one after the other. */
const EARLY_MS = 1;

interface CallHistory {
  readonly made: Made;
  readonly settled: Settled[];
  readonly executed: Executed[];
}

/** All that is wrong with a history. Pure: the same history, the same violations. */
export function check({ records, killedClients }: History): Violation[] {
  const found: Violation[] = [];
  const report = (kind: ViolationKind, what: string): void => void found.push({ kind, what });
  const calls = new Map<string, CallHistory>();
  for (const record of records) {
    if (record.type === 'made') calls.set(nameOf(record), { made: record, settled: [], executed: [] });
  }
  for (const record of records) {
    if (record.type === 'settled') calls.get(nameOf(record))?.settled.push(record);
    if (record.type === 'executed') {
      const call = calls.get(nameOf(record));
      if (call !== undefined) call.executed.push(record);
      else if (!killedClients.includes(record.client))
        report('executed by nobody', `${nameOf(record)}: ${show(record)}`);
    }
    if (record.type === 'left') report('left over', `${record.who}: ${record.what}`);
  }
  const stalls = records.filter((record) => record.type === 'stalled');
  for (const call of calls.values()) checkCall(call, killedClients.includes(call.made.client), stalls, report);
  checkOrder(records, calls, report);
  checkStreams(records, report);
  return found;
}

type Report = (kind: ViolationKind, what: string) => void;

function checkCall(
  { made, settled, executed }: CallHistory,
  isKilled: boolean,
  stalls: readonly Stalled[],
  report: Report,
): void {
  const name = `${nameOf(made)} (${made.kind})`;
  if (settled.length > 1) report('settled twice', `${name}: ${settled.map(show).join(' and ')}`);
  if (settled.length === 0 && !isKilled) report('never settled', `${name}: ${show(made)}`);
  if (executed.length > 1 && !made.idempotent) report('executed twice', `${name}: ${executed.map(show).join(' and ')}`);
  const [end] = settled;
  if (end === undefined) return;
  const lateMs = end.at - made.at - made.timeout;
  if (lateMs > LATE_MS && lateMs - stalledBefore(end, lateMs, stalls) > LATE_MS)
    report('settled late', `${name}: ${Math.round(lateMs)} ms after its deadline, ${show(end)}`);
  if (end.error?.code === 'ERR_RPC_TIMEOUT' && lateMs < -EARLY_MS)
    report('timed out early', `${name}: ${Math.round(-lateMs)} ms before its deadline, ${show(end)}`);
  if (end.error !== undefined && !/^ERR_RPC_/.test(end.error.code ?? ''))
    report('error without a code', `${name}: ${show(end)}`);
  if (end.answers !== undefined && end.answers !== nameOf(made)) report('wrong answer', `${name}: ${show(end)}`);
  const { delivery } = end.error ?? {};
  if (delivery === 'not-sent' && executed.length > 0)
    report('executed though not sent', `${name}: ${show(end)}, ${executed.map(show).join(' and ')}`);
  if (isAnswered(made, end) && executed.length === 0) report('not executed though answered', `${name}: ${show(end)}`);
}

/** Time within the last `ms` before the end in which the event loop of the caller did not turn. */
function stalledBefore({ client, at }: Settled, ms: number, stalls: readonly Stalled[]): number {
  return stalls
    .filter(({ who }) => who === client)
    .reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, at) - Math.max(from, at - ms)), 0);
}

/** Somebody executed it, by what its caller was told. A one-way call succeeds when it is sent. */
function isAnswered({ kind }: Made, { error }: Settled): boolean {
  if (kind === 'missing' || kind === 'oneway') return false;
  return error === undefined || error.delivery === 'answered';
}

/** What a client sent on one connection was executed in the order in which it was called. */
function checkOrder(records: readonly HistoryRecord[], calls: ReadonlyMap<string, CallHistory>, report: Report): void {
  const last = new Map<string, Executed>();
  for (const record of records) {
    if (record.type !== 'executed' || calls.get(nameOf(record))?.made.ordered !== true) continue;
    const line = `${record.server} ${record.client} ${record.line}`;
    const before = last.get(line);
    // Equal: executed twice, which is told elsewhere.
    if (before !== undefined && before.token > record.token)
      report('out of order', `${nameOf(record)} after ${nameOf(before)}, on ${line}`);
    last.set(line, record);
  }
}

/** `client token`: a call's name over all processes. */
function nameOf({ client, token }: { readonly client: string; readonly token: number }): string {
  return `${client} ${token}`;
}

function show(record: Made | Settled | Executed | Left): string {
  return JSON.stringify(record);
}
