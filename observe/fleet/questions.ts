import { codeOf } from '../../lib/error-parts.js';
import { hasCode, messageOf, RpcCode, type RpcError, toError } from '../../lib/errors.js';
import type { InvokeMessage } from '../../lib/rpc-message.js';
import { clearTimeout, performance, setTimeout } from '../../lib/timers.js';
import type { HealthReport } from '../../server/health.js';
import type { MethodStats, StatsReport } from '../../server/stats.js';
import type { AnswerState, SampleFailure } from './sample.js';
import { healthIn, statsIn } from './shapes.js';

/** The part of a client that asks servers about themselves. */
export interface Asking {
  rpcInvoke(serverId: string, message: InvokeMessage): Promise<unknown>;
  readonly mailboxes: Readonly<Record<string, string>>;
  on(event: 'mailbox', listener: MailboxListener): unknown;
  off(event: 'mailbox', listener: MailboxListener): unknown;
}

/** Listener of the event `mailbox` of a client. */
type MailboxListener = (id: string, to: string, from: string, reason: RpcError | undefined) => void;

/** Answer of a server to a round of questions, with the times on the clock of `performance.now()`. */
export interface Answer {
  readonly stats: StatsReport;
  readonly health: HealthReport | null;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** A question that was not answered. */
export interface Unanswered {
  readonly state: Exclude<AnswerState, 'answered'>;
  readonly failure: SampleFailure;
  /** Health, where the server answers that question alone. */
  readonly health: HealthReport | null;
}

/** Pages of one report: a server that never comes to an end is not followed further. */
const MAX_PAGES = 1_000;
const PAGE_SIZE = 1_000;
/** Methods of one report that are read: twice as many as a server counts by default. */
const MAX_METHODS = 20_000;

const UNREACHABLE: readonly string[] = [
  RpcCode.Connect,
  RpcCode.ConnectionLost,
  RpcCode.PeerSilent,
  RpcCode.ServerRemoved,
  RpcCode.NoServer,
  RpcCode.NotStarted,
  RpcCode.Closed,
  RpcCode.Stopping,
];

/** Codes of a place that does not let this end in, the one that says most first. */
const NOT_ADMITTED: readonly string[] = [RpcCode.Unauthenticated, RpcCode.Certificate, RpcCode.Register];

/** Asks a method of `$mailstation`. */
export function ask(client: Asking, id: string, service: string, method: string, ...args: unknown[]): Promise<unknown> {
  return client.rpcInvoke(id, { namespace: '$mailstation', service, method, args });
}

/** Asks a server for all pages of the statistics, and for the health. Never rejects. */
export async function askServer(client: Asking, id: string): Promise<Answer | Unanswered> {
  const askedAt = performance.now();
  const health = askHealth(client, id);
  try {
    const stats = await readStats(client, id);
    return { stats, health: await health, askedAt, answeredAt: performance.now() };
  } catch (error) {
    return { ...unanswered(error), health: await health };
  }
}

/** The answer, or `late` where there is none after `timeout` ms. The question goes on. */
export function answerWithin(
  client: Asking,
  id: string,
  timeout: number,
  asked: Promise<Answer | Unanswered>,
): Promise<Answer | Unanswered> {
  return new Promise((resolve) => {
    let reason: RpcError | undefined;
    const onMailbox: MailboxListener = (of, _to, _from, why) => {
      if (of === id) reason = why ?? reason;
    };
    client.on('mailbox', onMailbox);
    const end = (answer: Answer | Unanswered): void => {
      clearTimeout(timer);
      client.off('mailbox', onMailbox);
      resolve(answer);
    };
    const timer = setTimeout(() => end(lateAnswer(client, id, timeout, reason)), timeout);
    void asked.then(end);
  });
}

/** `reason`: the last failure of the connection in this time; undefined without one. */
function lateAnswer({ mailboxes }: Asking, id: string, timeout: number, reason: RpcError | undefined): Unanswered {
  const late = { code: RpcCode.Timeout, message: `no answer within ${timeout} ms` };
  if (mailboxes[id] === 'ready') return { state: 'late', failure: late, health: null };
  if (reason !== undefined) return unanswered(reason);
  const failure = { code: RpcCode.Connect, message: `no connection within ${timeout} ms` };
  return { state: 'unreachable', failure, health: null };
}

/** Statistics of a server, all pages of them as one report. Rejects as the call does. */
async function readStats(client: Asking, id: string): Promise<StatsReport> {
  const read = async (after?: string): Promise<StatsReport> =>
    checkedStats(await ask(client, id, 'stats', 'read', { limit: PAGE_SIZE, ...(after !== undefined && { after }) }));
  const first = await read();
  const methods: MethodStats[] = [...first.methods];
  let { next } = first;
  for (let pages = 1; next !== undefined && pages < MAX_PAGES && methods.length < MAX_METHODS; pages++) {
    const page = await read(next);
    for (const method of page.methods) methods.push(method);
    if (page.next !== undefined && page.next <= next) break;
    next = page.next;
  }
  const { next: _, ...report } = first;
  return { ...report, methods: methods.slice(0, MAX_METHODS) };
}

async function askHealth(client: Asking, id: string): Promise<HealthReport | null> {
  try {
    return healthIn(await ask(client, id, 'health', 'check')) ?? null;
  } catch {
    return null; // the failure of the other question says why
  }
}

/** Throws where the answer is not in the form that docs/inspect.md describes. */
function checkedStats(answer: unknown): StatsReport {
  const stats = statsIn(answer);
  if (stats !== undefined) return stats;
  throw Object.assign(new Error('the server answered in a form that this version does not know'), {
    code: RpcCode.Decode,
  });
}

/** The failure of a question. */
function unanswered(thrown: unknown): Unanswered {
  const failure = failureOf(thrown);
  return { state: stateOf(failure), failure, health: null };
}

/** A failure in short: that of the connection where the place does not let this end in, and else the error itself. */
export function failureOf(thrown: unknown): SampleFailure {
  const error = toError(thrown);
  const refusal = NOT_ADMITTED.find((each) => hasCode(error, [each]));
  if (refusal === undefined) return { code: String(codeOf(error) ?? RpcCode.Remote), message: messageOf(error) };
  return { code: refusal, message: messageOf(refusalIn(error)) };
}

/** State of a server after a failure. */
export function stateOf({ code }: SampleFailure): Unanswered['state'] {
  if (NOT_ADMITTED.includes(code)) return 'not-admitted';
  if (UNREACHABLE.includes(code)) return 'unreachable';
  return code === RpcCode.Timeout ? 'late' : 'refused';
}

/** The error about the connection: behind that of a call, and in front of the causes, which say less. */
function refusalIn(error: Error): unknown {
  let each: unknown = error;
  while (each instanceof Error && !NOT_ADMITTED.includes(String(codeOf(each)))) each = each.cause;
  return each;
}
