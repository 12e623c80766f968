/** Entries of the collections of a state of the dashboard; see snapshot.ts. Types only: the page reads them too. */

export interface Machine {
  /** Name of the machine, and the key. */
  readonly name: string;
}

export interface Process {
  /** `machine/pid`, and the key. */
  readonly id: string;
  readonly machine: string;
  readonly pid: number;
  /** Version of mailstation; null where the process has not said. */
  readonly version: string | null;
  /** Version of Node.js; null where the process has not said. */
  readonly node: string | null;
  /** Time of the start of the process. Unit: ms since 1970, on the clock of the dashboard. null: not known */
  readonly since: number | null;
}

/**
 * - `serving`, `draining`, `not-serving`: health that the server reports.
 * - `standby`: waits for the end of the Leader of its id.
 * - `not-admitted`: listens, and does not let the dashboard in; see `problem` and `code`.
 * - `unreachable`: could not be asked; see `problem`.
 * - `unknown`: does not say; see `problem`.
 */
export type ServerStatus =
  | 'serving'
  | 'draining'
  | 'not-serving'
  | 'standby'
  | 'not-admitted'
  | 'unreachable'
  | 'unknown';

/** One server, or one process that stands by for a server. */
export interface Server {
  /** Key of the entry: the id of the server; of a standby, the id and the process, with a blank between. */
  readonly key: string;
  readonly id: string;
  readonly serverType: string;
  /** Place at which the dashboard asks the server; null for a standby. */
  readonly url: string | null;
  /** Key in `processes`; null where nothing is known of the process. */
  readonly process: string | null;
  readonly status: ServerStatus;
  /** Reason of a `not-serving`, in the words of the server. */
  readonly reason: string | null;
  /** Health of the namespaces that are not `serving`. */
  readonly unwell: readonly { readonly namespace: string; readonly status: string; readonly reason: string | null }[];
  /** `leads`: the one of its id that serves. `standby`: waits behind that one. `deposed`: led, and answers the last calls. */
  readonly role: 'leads' | 'standby' | 'deposed';
  /** Term of a Leader of an election; null without an election. */
  readonly term: number | null;
  /** The server counts its calls (`callStats`); without that there are neither rates nor latencies, errors and slow calls. */
  readonly counting: boolean;
  /** Why the server cannot be asked, or says less than a newer one, as sentences that say what to do; null where all is well. */
  readonly problem: string | null;
  /** Code of the failure behind `problem`; null without one. */
  readonly code: string | null;
}

/** Figures of one server. Rates are per second over the last interval, latencies in ms of calls that ended in that interval; null: not counted. */
export interface Figures {
  readonly rate: number | null;
  readonly failed: number | null;
  /** Calls that their callers left: neither good nor failed. */
  readonly left: number | null;
  readonly success: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly running: number;
  readonly queued: number;
  readonly abandoned: number;
  readonly streams: number | null;
  readonly connections: number | null;
  /** Smoothed lag of the event loop. Unit: ms */
  readonly lag: number;
  /** Share of the time in which the event loop was busy, 0 to 1; null before the second report. */
  readonly busy: number | null;
  /** Memory of the process. Unit: bytes */
  readonly rss: number;
  readonly heap: number;
}

/** Figures of one method over all servers of a type; the key is `serverType method`. */
export interface MethodFigures {
  readonly serverType: string;
  /** Whole name: `namespace.module.method`. */
  readonly method: string;
  readonly rate: number;
  readonly failed: number;
  readonly success: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Calls that have arrived and not ended. */
  readonly open: number;
  readonly queued: number;
  readonly streams: number;
  /** Calls since the servers were made. */
  readonly calls: number;
  /** Calls among them that their callers left, such as streams whose readers wanted no more: neither good nor failed. */
  readonly left: number;
  /** Calls that failed with each code since the servers were made. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Figures of one method at one server; the key is `serverKey method`. */
export interface ServerMethodFigures extends MethodFigures {
  /** Key in `servers`. */
  readonly server: string;
}

/** A process or a client in it that calls servers. */
export interface Client {
  readonly key: string;
  /** Name that the client gave itself (`clientId`); null where there is none. */
  readonly name: string | null;
  /** Key in `processes`; null for a caller that has not said (a stock peer, an older version, a web page). */
  readonly process: string | null;
  /** Address that the servers see. */
  readonly ip: string;
  /** `client`: as servers report it. `embedded`: a client of the program that embeds the dashboard, which reports the caller's half. */
  readonly kind: 'client' | 'embedded';
  /** State of shared mailboxes; null without them or where not known. */
  readonly sharing: 'idle' | 'electing' | 'leading' | 'following' | 'closed' | null;
}

/** One connection of a client with a server, or a mailbox without a connection; the key is `clientKey serverKey`. */
export interface Link {
  /** Key in `clients`. */
  readonly client: string;
  /** Key in `servers`. */
  readonly server: string;
  /** Connections between the two. */
  readonly connections: number;
  /** Time of the oldest of them. Unit: ms since 1970, on the clock of the dashboard. null: none is open */
  readonly since: number | null;
  /** Calls a second over the last interval; null where not counted. */
  readonly rate: number | null;
  /** Calls in all; null where they are not counted. */
  readonly calls: number | null;
  /** Calls that are not answered. */
  readonly open: number;
  /** State of the mailbox, of an embedded client (docs/lifecycles.md); null for others, and where none was needed yet. */
  readonly mailbox: 'idle' | 'connecting' | 'preparing' | 'ready' | 'backoff' | 'draining' | 'closed' | null;
  /** Routers of the client do not choose the server, since calls to the server failed again and again. */
  readonly ejected: boolean;
  /** Last failure of the mailbox, as a sentence; null where the mailbox is well or not known. */
  readonly reason: string | null;
  /** Recent latency at the client. Unit: ms. null: not known */
  readonly latency: number | null;
  /** How the caller has proven who it is, in words; null: not at all. */
  readonly identity: string | null;
}

/** One list of servers; the key is the name. */
export interface RosterSource {
  readonly source: string;
  /** State of the list; `current`, or why the list may be out of date. */
  readonly state: string;
  /** Time since the list was last known to be that of the source. Unit: ms */
  readonly age: number;
  readonly servers: number;
  readonly draining: readonly string[];
  readonly lost: readonly string[];
  readonly reason: string | null;
}

/** A failed call; the key ascends with the time. */
export interface FailedCall {
  readonly key: string;
  /** Unit: ms since 1970, on the clock of the dashboard. */
  readonly time: number;
  /** End that reports the call. `both`: the entry has what the two ends know, with the words of the caller. */
  readonly by: 'server' | 'client' | 'both';
  /** Key in `servers`; null where none was chosen. */
  readonly server: string | null;
  readonly serverType: string | null;
  readonly method: string;
  /** Key in `clients`, or null where the caller is not known. */
  readonly client: string | null;
  /** Caller in words, for people. */
  readonly caller: string | null;
  /** `ERR_RPC_...` */
  readonly code: string;
  /** How the call ended at the server; null where the client alone reports the call. */
  readonly outcome: 'failed' | 'refused' | 'late' | 'left' | 'unanswered' | null;
  /** How far the call got; null where the server alone reports the call. */
  readonly delivery: 'not-sent' | 'unknown' | 'answered' | null;
  /** Message of the error, at most 500 characters. */
  readonly message: string;
  /** Meaning of the code, and what to do. */
  readonly explained: string;
  readonly duration: number | null;
  readonly stages: readonly Stage[];
  /** Further words on the time: what the server reported, stalls of event loops. */
  readonly timing: readonly string[];
  /** Equal failures since the entry before that are not listed, for the bound of the list. */
  readonly more: number;
}

/** Part of the time of a call. Stages are in the order of time, and those that took no time are left out. */
export interface Stage {
  /** Name for people: `in the queue of the server`. */
  readonly name: string;
  readonly end: 'client' | 'server';
  /** Unit: ms */
  readonly ms: number;
}

/** A slow call; the key ascends with the time. */
export interface SlowCall {
  readonly key: string;
  readonly time: number;
  /** Key in `servers`. */
  readonly server: string;
  readonly serverType: string;
  readonly method: string;
  readonly client: string | null;
  readonly caller: string | null;
  readonly outcome: 'ok' | 'failed' | 'refused' | 'late' | 'left' | 'unanswered';
  readonly code: string | null;
  /** From the arrival at the server to the end. Unit: ms */
  readonly duration: number;
  readonly stages: readonly Stage[];
}

/** A change; the key ascends with the time. */
export interface Change {
  readonly key: string;
  readonly time: number;
  readonly kind:
    | 'server-joined'
    | 'server-left'
    | 'server-status'
    | 'leader-changed'
    | 'client-joined'
    | 'client-left'
    | 'ejected'
    | 'readmitted'
    | 'mailbox'
    | 'fault';
  /** Key in `servers`; null where none is concerned. */
  readonly server: string | null;
  /** Key in `clients`; null where none is concerned. */
  readonly client: string | null;
  /** A sentence. */
  readonly text: string;
}
