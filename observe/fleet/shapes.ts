import type { Latency } from '../../lib/latency-histogram.js';
import type { CallCounts } from '../../lib/serving/call-stats.js';
import type { ConnectionsReport } from '../../server/connections.js';
import type { HealthReport } from '../../server/health.js';
import type { RecentCallsReport } from '../../server/recent-calls.js';
import type { ReflectionReport } from '../../server/reflection.js';
import type { StatsReport } from '../../server/stats.js';

/** Whether a value has the form that the code behind the check reads. */
type Check = (value: unknown) => boolean;

/** Characters of a text at most: of a name, of a version, of the message of an error. */
const MAX_TEXT = 1_000;
/** Characters of a doc comment at most. */
const MAX_DOC = 100_000;
/** Entries of a list at most, where the list has no bound of its own. */
const MAX_ENTRIES = 20_000;
/** Numbers in the buckets of a latency: there are 464 buckets, each with its count. */
const MAX_BUCKETS = 1_000;
/** Codes of failures that one method has. */
const MAX_CODES = 100;
/** Entries of a list of few entries: places of a server, namespaces, last calls. */
const MAX_FEW = 1_000;
/** Proofs of one caller, of which a server may report thousands. */
const MAX_PROOFS = 16;

const isNumber: Check = Number.isFinite;
const isText: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const isFlag: Check = (value) => typeof value === 'boolean';
/** A word of a fixed set, to which a later version may add: such a word is printed as it is. */
const isWord: Check = (value) => typeof value === 'string' && /^[a-z][a-z-]{0,39}$/.test(value);

/** Values that an older version leaves out, or that are null where nothing is known. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

const list =
  (check: Check, most = MAX_ENTRIES): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every((entry) => check(entry));

/** Own fields of an object. Further fields are those of a later version. */
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

const isCodes: Check = (value) => {
  if (!isObject(value)) return false;
  const codes = Object.entries(value);
  return codes.length <= MAX_CODES && codes.every(([code, count]) => /^\w{1,64}$/.test(code) && isNumber(count));
};

const isLatency: Check = fields({
  count: isNumber,
  sum: isNumber,
  max: isNumber,
  buckets: list(isNumber, MAX_BUCKETS),
} satisfies {
  [Field in keyof Latency]: Check;
});

const COUNTS = {
  open: isNumber,
  streams: isNumber,
  outcomes: fields({
    ...{ ok: isNumber, failed: isNumber, refused: isNumber },
    ...{ late: isNumber, left: isNumber, unanswered: isNumber },
  }),
  codes: isCodes,
  latency: isLatency,
} satisfies { [Field in keyof CallCounts]: Check };

const isProcess = fields({ machine: isText, pid: isNumber, version: isText });

const isStats = fields({
  time: isNumber,
  server: fields({
    ...{ id: optional(isText), serverType: optional(isText), state: isWord, urls: list(isText, MAX_FEW) },
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
  status: isWord,
  reason: optional(isText),
  namespaces: list(fields({ namespace: isText, status: isWord, reason: optional(isText) }), MAX_FEW),
});

const isConnections = fields({
  known: isFlag,
  connections: list(
    fields({
      ...{ id: isText, peer: isText, ip: isText, clientId: optional(isText), process: optional(isProcess) },
      ...{ standby: isFlag, proven: list(isText, MAX_PROOFS), since: isNumber, calls: isNumber, open: isNumber },
    }),
  ),
  next: optional(isText),
});

const isRecentCall = fields({
  ...{ id: isNumber, seq: isNumber, time: isNumber, method: isText, outcome: isWord, code: optional(isText) },
  ...{ message: optional(isText), duration: isNumber, queued: isNumber, connection: optional(isText) },
  ...{ caller: optional(isText), more: isNumber },
});

const isRecent = fields({ seq: isNumber, failed: list(isRecentCall, MAX_FEW), slow: list(isRecentCall, MAX_FEW) });

const isSchemas: Check = (value) => isObject(value) || list((schema) => schema === null || isObject(schema))(value);

const isReflection = fields({
  methods: list(
    fields({
      ...{ name: isText, namespace: isText, module: isText, method: isText, streams: isFlag },
      parameters: optional(list(fields({ name: isText, optional: optional(isFlag), rest: optional(isFlag) }))),
      doc: optional((value) => typeof value === 'string' && value.length <= MAX_DOC),
      args: optional(isSchemas),
      returns: optional(isSchemas),
    }),
  ),
  next: optional(isText),
});

/** The answer to `$mailstation.reflection.describe`; undefined for another form. */
export function reflectionIn(answer: unknown): ReflectionReport | undefined {
  return inForm<ReflectionReport>(answer, isReflection);
}

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
