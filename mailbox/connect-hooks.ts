import { outsideContexts } from '../lib/async-context.js';
import { AsyncLocalStorage } from '../lib/async-hooks.js';
import type { RpcError } from '../lib/errors.js';
import { invalid } from '../lib/options.js';
import type { ServerInfo } from '../lib/server-info.js';

/** A connection that was just made, as the hooks of `client.onConnect` get it. */
export interface FreshConnection {
  /** The server at the other end. */
  readonly server: ServerInfo;
  /**
   * Text that differs where another server, such as the next process, has the address now. Undefined for servers that announce
   * none: those of builds before the first release, of cluster-client, and behind custom mailboxes without the field.
   */
  readonly generation: string | undefined;
  /**
   * False where the hooks have succeeded before for this very generation, so that the server may still have what they left
   * there. True for a server that was started since, and where the generation is not known.
   */
  readonly isNew: boolean;
  /** Aborts when the connection ends while the hooks run. The reason is an `RpcError`. The hooks run again on the next one. */
  readonly signal: AbortSignal;
}

/**
 * Prepares a fresh connection before other calls are sent on it. The connection is `ready` when the returned promise, if there
 * is one, is resolved.
 */
export type ConnectHook = (connection: FreshConnection) => unknown;

/** The run of the hooks that the calling function belongs to. */
const RUNS = new AsyncLocalStorage<HookRun>();

/** One run of the hooks, for one connection. */
export class HookRun {
  readonly connection: FreshConnection;
  readonly #abort = new AbortController();

  constructor(connection: Omit<FreshConnection, 'signal'>) {
    this.connection = Object.freeze({ ...connection, signal: this.#abort.signal });
  }

  /** The run within which calls are made now. */
  static get current(): HookRun | undefined {
    return RUNS.getStore();
  }

  /** Calls one hook after the other, in no caller's context. Rejects as the first hook does that fails. */
  async go(hooks: readonly ConnectHook[]): Promise<void> {
    for (const hook of hooks) {
      if (this.#abort.signal.aborted) return;
      await outsideContexts(() => RUNS.run(this, () => hook(this.connection)));
    }
  }

  abort(reason: RpcError): void {
    this.#abort.abort(reason);
  }
}

/** The hooks of one client, and the servers that they have prepared. */
export class ConnectHooks {
  readonly #hooks: { readonly serverType: string | undefined; readonly hook: ConnectHook }[] = [];
  /** Generation for which the hooks of a server have succeeded last, by the server's id. */
  readonly #prepared = new Map<string, string>();
  #isClosed = false;

  /** `serverType` undefined: for servers of all types. */
  add(serverType: string | undefined, hook: ConnectHook): void {
    if (this.#isClosed)
      throw invalid(
        'onConnect was called after start(): connections that exist would not be prepared; add the hook before client.start()',
      );
    this.#hooks.push({ serverType, hook });
  }

  /** Accepts no further hooks. */
  close(): void {
    this.#isClosed = true;
  }

  /** Hooks of a server, in the order in which they were added. */
  of({ serverType }: ServerInfo): readonly ConnectHook[] {
    const wanted = this.#hooks.filter((entry) => entry.serverType === undefined || entry.serverType === serverType);
    return wanted.map(({ hook }) => hook);
  }

  /** Makes the run for a connection to a server. */
  newRun(server: ServerInfo, generation: string | undefined): HookRun {
    const isNew = generation === undefined || this.#prepared.get(server.id) !== generation;
    return new HookRun({ server, generation, isNew });
  }

  succeeded({ connection: { server, generation } }: HookRun): void {
    if (generation === undefined) this.#prepared.delete(server.id);
    else this.#prepared.set(server.id, generation);
  }

  /** The server was removed. */
  forget(serverId: string): void {
    this.#prepared.delete(serverId);
  }
}
