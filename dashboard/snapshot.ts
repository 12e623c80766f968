/**
 * Messages that the page of the dashboard gets. Types only: the page and the server of the dashboard agree through this file alone, and neither
 * end imports the other.
 *
 * The page is served at the base path (`/`), and reads, relative to the own address:
 *
 * | request | answer |
 * | --- | --- |
 * | `GET events` | an event stream: the event `snapshot` with a {@link Snapshot}, then an event `delta` with a {@link Delta} an interval. A viewer that reads too slowly gets another `snapshot` in place of the deltas that it has missed. The event `end` with an {@link End} is the last one, and the page then closes its EventSource. The id of an event is its `seq` |
 * | `GET history?server=ID` | {@link History} of one server; without `server`, of all servers together |
 * | `GET methods?server=ID&prefix=user.&after=NAME` | a page of the server's `$mailstation.reflection.describe`, as docs/inspect.md has it |
 * | `GET recording` | a {@link Recording}, to be downloaded |
 * | `POST call` | {@link CallAnswer} to a {@link CallRequest}; `Content-Type: application/json`. Only with {@link About.allowCalls} |
 *
 * An answer that is no 2xx has a {@link Problem} as JSON. A field may be added later; none is renamed.
 */
import type {
  Change,
  Client,
  FailedCall,
  Figures,
  Link,
  Machine,
  MethodFigures,
  Process,
  RosterSource,
  Server,
  ServerMethodFigures,
  SlowCall,
} from './entries.js';

export type * from './entries.js';

/** Collections of a {@link State}, by name. */
interface Collections {
  readonly machines: Machine;
  readonly processes: Process;
  readonly servers: Server;
  /** Figures of each server, under the server's key. */
  readonly figures: Figures;
  /** One entry for each method of a type of servers, over all servers of the type; those with the most calls where there are too many. */
  readonly methods: MethodFigures;
  /** The same for each server that has the method. */
  readonly serverMethods: ServerMethodFigures;
  readonly clients: Client;
  readonly links: Link;
  readonly sources: RosterSource;
  /** Last failed calls, the oldest first. */
  readonly errors: FailedCall;
  /** Last slow calls, the oldest first. */
  readonly slow: SlowCall;
  /** Changes of late, the oldest first: a server joined, a standby leads, a server was ejected. */
  readonly events: Change;
}

export type CollectionName = keyof Collections;

/** All that is known at a moment: each collection by the keys of its entries. */
export type State = { readonly [Name in CollectionName]: Readonly<Record<string, Collections[Name]>> };

/** Whole state, the first event of a stream. */
export interface Snapshot {
  readonly format: 1;
  /** Number of the state; the delta that follows has the next one. */
  readonly seq: number;
  /** Time of the state on the clock of the dashboard's machine. Unit: ms since 1970 */
  readonly time: number;
  readonly about: About;
  readonly totals: Totals;
  readonly state: State;
}

/** Difference between two states that follow each other. Apply it with `applied()` of dashboard/apply.ts. */
export interface Delta {
  readonly format: 1;
  readonly seq: number;
  readonly time: number;
  readonly totals: Totals;
  /** Changed again only where the dashboard itself has changed. */
  readonly about?: About;
  /** New entries, and changed ones as a whole. An entry of a key that is there takes the place of the old entry. */
  readonly set: { readonly [Name in CollectionName]?: Readonly<Record<string, Collections[Name]>> };
  /** Keys of the entries that are gone. */
  readonly gone: { readonly [Name in CollectionName]?: readonly string[] };
}

/** Last event of a stream. */
export interface End {
  readonly format: 1;
  /** `stopped`: the dashboard stops. `full`: more viewers than `maxViewers`, the oldest is disconnected. */
  readonly reason: 'stopped' | 'full';
  readonly message: string;
}

/** The dashboard itself. */
export interface About {
  /** Version of mailstation. */
  readonly version: string;
  readonly node: string;
  readonly machine: string;
  readonly pid: number;
  /** Time between two states. Unit: ms */
  readonly interval: number;
  /** Time over which history and recording reach back. Unit: ms */
  readonly history: number;
  /** The page may make calls. */
  readonly allowCalls: boolean;
  /** Source of the servers, in words: `2 addresses`, `etcd at 127.0.0.1:2379`, `the client of this process`. */
  readonly from: string;
  /** Entries that were left out since there are more than the bound, by collection: `{ methods: 9500 }`. */
  readonly left: { readonly [Name in CollectionName]?: number };
}

/** Figures over all servers. Rates are calls a second over the last interval; latencies of the calls that ended in that interval, in ms. */
export interface Totals {
  readonly servers: number;
  /** Servers among them that answer and are healthy. */
  readonly serving: number;
  readonly clients: number;
  /** Calls that ended, a second. */
  readonly rate: number;
  /** Ended calls among them with any other outcome than `ok` and `left`, a second. */
  readonly failed: number;
  /** Ended calls among them that their callers left, a second. */
  readonly left: number;
  /** Share of the ended calls that were not left and have not failed: 0 to 1; null without such calls. */
  readonly success: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Calls whose methods run. */
  readonly running: number;
  /** Calls that wait: at the servers for their turn. */
  readonly queued: number;
  readonly streams: number;
}

/** Names of the rows of a {@link History}. */
export type HistoryRow =
  | 'rate'
  | 'failed'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'running'
  | 'queued'
  | 'streams'
  | 'lag'
  | 'busy'
  | 'rss';

/** Course of the figures, the oldest first; each row is as long as `times`. Rows of totals have null in `lag`, `busy` and `rss`. */
export interface History {
  readonly format: 1;
  /** Key in `servers`; null: all servers together. */
  readonly server: string | null;
  /** Unit: ms since 1970 */
  readonly times: readonly number[];
  readonly rows: { readonly [Row in HistoryRow]: readonly (number | null)[] };
}

/** A recording, which the page opens without a server: `deltas` follow `snapshot` one after the other. */
export interface Recording {
  readonly format: 1;
  readonly kind: 'mailstation-recording';
  /** Unit: ms since 1970 */
  readonly recorded: number;
  readonly snapshot: Snapshot;
  readonly deltas: readonly Delta[];
}

/** Body of `POST call`. */
export interface CallRequest {
  /** Id of the server; or `serverType`, and the router chooses. */
  readonly server?: string;
  readonly serverType?: string;
  /** Whole name: `namespace.module.method`. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** Route parameter, of a call by type. */
  readonly route?: unknown;
  /** Unit: ms */
  readonly timeout?: number;
}

export type CallAnswer =
  | { readonly format: 1; readonly ok: true; readonly ms: number; readonly result: unknown }
  | { readonly format: 1; readonly ok: false; readonly ms: number; readonly error: FailedCall };

/** Refusal of a request. */
export interface Problem {
  readonly format: 1;
  /** `no-token`, `wrong-token`, `wrong-host`, `other-origin`, `not-found`, `not-allowed`, `bad-request`, `too-large`, `unreachable`. */
  readonly problem: string;
  /** Reason, with what is missing and what to do. */
  readonly message: string;
}
