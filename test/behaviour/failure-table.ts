import type { FailMode } from '../../lib/call/fail-mode.js';

/** What a caller sees of a call: who answered, a receipt, or an error's code and delivery. */
export type Seen = 'other' | 'same' | 'method' | 'receipt' | `${string} ${'not-sent' | 'unknown'}`;

export interface Fault {
  /** What goes wrong, once, on the server that the router chose. Another server of the type is well. */
  readonly what: string;
  /** The call is marked as idempotent. */
  readonly idempotent?: true;
  readonly seen: Readonly<Record<FailMode, Seen>>;
}

/** The same for all modes. */
function always(seen: Seen): Fault['seen'] {
  return { failfast: seen, failover: seen, failsafe: seen, failback: seen };
}

/** An error with failfast, and what the others make of it. */
function unless(seen: Seen, failover: Seen, failsafe: Seen, failback: Seen): Fault['seen'] {
  return { failfast: seen, failover, failsafe, failback };
}

/** The table of docs/failure.md. Each cell is a test of failure-modes.test.ts. */
export const FAULTS = {
  noServer: {
    what: 'no server of the type is known',
    seen: { ...always('NO_SERVER not-sent'), failback: 'receipt' },
  },
  refused: {
    what: 'no process listens there, until the deadline',
    seen: unless('CONNECT not-sent', 'other', 'CONNECT not-sent', 'receipt'),
  },
  lostBefore: {
    what: 'the connection is lost before the call was sent',
    seen: unless('CONNECTION_LOST not-sent', 'other', 'same', 'receipt'),
  },
  lostAfter: {
    what: 'the connection is lost after it was sent',
    seen: always('CONNECTION_LOST unknown'),
  },
  lostAfterIdempotent: {
    what: 'the connection is lost after it was sent',
    idempotent: true,
    seen: unless('CONNECTION_LOST unknown', 'other', 'same', 'receipt'),
  },
  timeout: { what: 'no answer until the deadline', seen: always('TIMEOUT unknown') },
  timeoutIdempotent: {
    what: 'no answer until the deadline',
    idempotent: true,
    seen: { ...always('TIMEOUT unknown'), failback: 'receipt' },
  },
  overloaded: {
    what: 'the server is overloaded, or did not start it in time',
    seen: unless('OVERLOADED not-sent', 'other', 'same', 'receipt'),
  },
  forbidden: {
    what: 'the server does not let the caller call (`authorize`, `expose`)',
    seen: always('FORBIDDEN not-sent'),
  },
  method: { what: "the method's own error", seen: always('method') },
  methodIdempotent: { what: "the method's own error", idempotent: true, seen: always('method') },
  stopping: { what: 'the server stops, and cuts the call off', seen: always('STOPPING unknown') },
  stoppingIdempotent: {
    what: 'the server stops, and cuts the call off',
    idempotent: true,
    seen: unless('STOPPING unknown', 'other', 'same', 'receipt'),
  },
  pendingFull: {
    what: 'too many calls wait for the server (`pendingSize`)',
    seen: unless('PENDING_FULL not-sent', 'other', 'same', 'receipt'),
  },
  removed: {
    what: 'the server is removed while the call waits for its connection',
    seen: unless('SERVER_REMOVED not-sent', 'other', 'SERVER_REMOVED not-sent', 'receipt'),
  },
} as const satisfies Record<string, Fault>;

const WORDS: Readonly<Record<string, string>> = {
  other: 'answered, by another server',
  same: 'answered, by the same server',
  method: '`ERR_RPC_REMOTE`, answered',
  receipt: 'a receipt',
};

export function renderTable(): string {
  const cell = (seen: Seen): string => {
    const [code = '', delivery = ''] = seen.split(' ');
    return WORDS[seen] ?? `\`ERR_RPC_${code}\`, ${delivery}`;
  };
  const rows = Object.values<Fault>(FAULTS).map(({ what, idempotent, seen }) => {
    const name = idempotent ? `${what}; \`idempotent: true\`` : what;
    return `| ${[name, seen.failfast, seen.failover, seen.failsafe, seen.failback]
      .map((text, at) => (at === 0 ? text : cell(text as Seen)))
      .join(' | ')} |`;
  });
  const head = ['| what goes wrong | failfast | failover | failsafe | failback |', '| --- | --- | --- | --- | --- |'];
  return [...head, ...rows].join('\n');
}
