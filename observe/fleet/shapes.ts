import type { Latency } from '../../lib/latency-histogram.js';
import type { CallCounts } from '../../lib/serving/call-stats.js';
import type { ConnectionsReport } from '../../server/connections.js';
import type { HealthReport } from '../../server/health.js';
import type { RecentCallsReport } from '../../server/recent-calls.js';
import type { StatsReport } from '../../server/stats.js';

/** Whether a value has the form that the code behind the check reads. */
type Check = (value: unknown) => boolean;

/** Characters of a text at most: of a name, of a version, of the message of an error. */
const MAX_TEXT = 1_000;

const isNumber: Check = Number.isFinite;
const isText: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const isFlag: Check = (value) => typeof value === 'boolean';

/** Values that an older version leaves out, or that are null where nothing is known. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** Own fields of an object. Further fields are those of a later version. */
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

const numbers: Check = (value) => isObject(value) && Object.values(value).every(isNumber);

const isLatency: Check = fields({ count: isNumber, sum: isNumber, max: isNumber, buckets: list(isNumber) } satisfies {
  [Field in keyof Latency]: Check;
});

const COUNTS = {
  open: isNumber,
  streams: isNumber,
  outcomes: fields({
    ...{ ok: isNumber, failed: isNumber, refused: isNumber },
    ...{ late: isNumber, left: isNumber, unanswered: isNumber },
  }),
  codes: numbers,
  latency: isLatency,
} satisfies { [Field in keyof CallCounts]: Check };

const isProcess = fields({ machine: isText, pid: isNumber, version: isText });

const isStats = fields({
  time: isNumber,
  server: fields({
    ...{ id: optional(isText), serverType: optional(isText), state: isText, urls: list(isText) },
    term: optional(fields({ store: isText, revision: isNumber })),
    ...{ pid: isNumber, machine: isText, version: isText, node: isText, uptime: isNumber },
  }),
  load: fields({
    ...{ connections: optional(isNumber), running: isNumber, queued: isNumber, abandoned: isNumber },
    ...{ streams: optional(isNumber), eventLoopLag: isNumber, eventLoopActive: isNumber, eventLoopIdle: isNumber },
    ...{ rss: isNumber, heapUsed: isNumber },
  }),
  counting: isFlag,
  recent: optional(isNumber),
  methods: list(fields({ name: isText, queued: isNumber, ...COUNTS })),
  others: optional(fields(COUNTS)),
  next: optional(isText),
});

const isHealth = fields({
  status: isText,
  reason: optional(isText),
  namespaces: list(fields({ namespace: isText, status: isText, reason: optional(isText) })),
});

const isConnections = fields({
  known: isFlag,
  connections: list(
    fields({
      ...{ id: isText, peer: isText, ip: isText, clientId: optional(isText), process: optional(isProcess) },
      ...{ standby: isFlag, proven: list(isText), since: isNumber, calls: isNumber, open: isNumber },
    }),
  ),
  next: optional(isText),
});

const isRecentCall = fields({
  ...{ id: isNumber, seq: isNumber, time: isNumber, method: isText, outcome: isText, code: optional(isText) },
  ...{ message: optional(isText), duration: isNumber, queued: isNumber, connection: optional(isText) },
  ...{ caller: optional(isText), more: isNumber },
});

const isRecent = fields({ seq: isNumber, failed: list(isRecentCall), slow: list(isRecentCall) });

/** The answer to `$mailstation.stats.read`. Undefined for one that is not in the form that docs/inspect.md describes. */
export function statsIn(answer: unknown): StatsReport | undefined {
  return inForm<StatsReport>(answer, isStats);
}

/** The answer to `$mailstation.health.check`; undefined for another form. */
export function healthIn(answer: unknown): HealthReport | undefined {
  return inForm<HealthReport>(answer, isHealth);
}

/** The answer to `$mailstation.connections.list`; undefined for another form. */
export function connectionsIn(answer: unknown): ConnectionsReport | undefined {
  return inForm<ConnectionsReport>(answer, isConnections);
}

/** The answer to `$mailstation.calls.recent`; undefined for another form. */
export function recentCallsIn(answer: unknown): RecentCallsReport | undefined {
  return inForm<RecentCallsReport>(answer, isRecent);
}

/** A server may be of a later version, broken, or hostile: what is read of its answers is checked here, once. */
function inForm<Report>(answer: unknown, check: Check): Report | undefined {
  return isObject(answer) && answer['format'] === 1 && check(answer) ? (answer as Report) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
