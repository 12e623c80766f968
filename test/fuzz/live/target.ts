import type { ClusterOptions } from '../../../lib/cluster/options.js';
import type { ClientOptions } from '../../../node-client.js';
import type { ServerOptions } from '../../../server.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../../support/spawn-process.js';

/** What the process shall serve. All of it crosses a channel of JSON. */
export interface TargetSetting {
  readonly type: 'serve';
  readonly doors: readonly {
    readonly id: string;
    readonly options: Partial<ServerOptions>;
    readonly hasSecret: boolean;
  }[];
  /** Where a shared client and shared mailboxes get their Leader. */
  readonly places: Meetings;
  readonly client: ClientOptions;
}

export type Meeting = Pick<ClusterOptions, 'port' | 'path' | 'tls'>;
/** Places of a shared client and of shared mailboxes. Undefined: the transport has no such place. */
export interface Meetings {
  readonly shared: Meeting | undefined;
  readonly sharing: Meeting | undefined;
}

/** Servers that the process shall call from now on. */
export interface Calling {
  readonly type: 'call';
  readonly good: { readonly id: string; readonly url: string };
  /** Where hostile Leaders are followed. */
  readonly places: Meetings;
  readonly hostile: readonly { readonly id: string; readonly url: string; readonly hasSecret: boolean }[];
  readonly client: ClientOptions;
}

export type TargetCommand = TargetSetting | Calling | { readonly type: 'report' };

/** Report of the process on itself. Unit of memory: bytes */
export interface Report {
  readonly type: 'report';
  readonly rss: number;
  /** Memory of JavaScript and of Buffers, after a collection. */
  readonly heap: number;
  /** Handles of sockets and listeners that are open. */
  readonly sockets: number;
  /** Own calls that have ended. */
  readonly settled: number;
  /** Errors of calls to the server that is not hostile. */
  readonly goodFailures: readonly string[];
  /** Own calls that have not ended long after their deadline, and sources of their uploads. */
  readonly overdue: number;
  /** Generators and readers of uploads that run for callers. */
  readonly streaming: number;
  /** Streams that callers have had opened so far. */
  readonly opened: number;
  readonly isPolluted: boolean;
  readonly warnings: readonly string[];
  readonly logLines: number;
}

const PROCESS = new URL('./target-process.ts', import.meta.url);
/** A busy machine takes long to start a process. Unit: ms */
const START_MS = 180_000;
const HUNG_MS = 60_000;

/** The process that is attacked. */
export class Target {
  readonly #child: SpawnedProcess;

  private constructor(child: SpawnedProcess) {
    this.#child = child;
  }

  static async start(t: Parameters<typeof spawnProcess>[0]): Promise<Target> {
    const { child } = await spawnProcess(t, PROCESS, { nodeFlags: ['--expose-gc'], readyTimeoutMs: START_MS });
    return new Target(child);
  }

  /** Resolves with the URLs of the servers. */
  async serve(setting: Omit<TargetSetting, 'type'>): Promise<readonly string[]> {
    const { urls } = (await this.#ask({ type: 'serve', ...setting }, 'serving')) as { urls: readonly string[] };
    return urls;
  }

  call(calling: Omit<Calling, 'type'>): void {
    this.#child.send({ type: 'call', ...calling } as unknown as Json);
  }

  /** Rejects where the process has ended, and where it hangs. */
  async report(): Promise<Report> {
    return (await this.#ask({ type: 'report' }, 'report')) as Report;
  }

  #ask(command: TargetCommand, type: string): Promise<unknown> {
    this.#child.send(command as unknown as Json);
    return this.#child.next({ match: (message) => (message as { type?: string }).type === type, timeoutMs: HUNG_MS });
  }
}
