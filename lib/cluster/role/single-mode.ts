import type { RpcError } from '../../errors.js';
import { invalid } from '../../options.js';
import { nextTick } from '../../timers.js';
import type { ClientClass } from '../delegates.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import type { RealClientHandler } from '../real-client/real-client.js';
import { StartingClient } from '../real-client/starting-client.js';
import { LeaderRole } from './leader-role.js';
import type { RoleSource, RoleSourceHandler, StartingReport } from './role-source.js';

/** A real client that several shared clients of this process use. */
interface SharedChannel {
  readonly clientClass: ClientClass;
  readonly client: StartingClient;
  /** Users, each of which gets every event and error of the real client. */
  readonly members: Set<SingleMode>;
  /** How the latest start of the real client went; undefined before the first has ended. */
  outcome: LeaderChannel | Error | undefined;
  closing: Promise<void> | undefined;
}

/** By name. A channel that is being closed is not listed any more: a client that comes then opens another. */
const channels = new Map<string, SharedChannel>();

export interface SingleModeParts {
  readonly name: string;
  readonly clientClass: ClientClass;
  readonly options: ResolvedClusterOptions;
  /** Makes the real client, whose events and errors go to the handler. */
  makeChannel(handler: RealClientHandler): LeaderChannel;
  /** Called with the events and errors of the real client. */
  readonly events: RealClientHandler;
}

/**
 * The Leader's role in one process, without a port. Clients of one name share one real client, which is closed with the
 * last of them. Source: cluster-client, lib/wrapper/single.js
 */
export class SingleMode implements RoleSource {
  readonly #parts: SingleModeParts;
  readonly #handler: RoleSourceHandler;
  #joined: SharedChannel | undefined;
  #role: LeaderRole | undefined;

  /** Throws {@link RpcCode.InvalidArgument} where another class has the name. */
  constructor(parts: SingleModeParts, handler: RoleSourceHandler) {
    this.#parts = parts;
    this.#handler = handler;
    const { name, clientClass } = parts;
    const known = channels.get(name);
    if (known !== undefined && known.clientClass !== clientClass)
      throw invalid(
        `single mode shares one client per name, and "${name}" is another class's; give one of the two another name`,
      );
  }

  get starting(): StartingReport | undefined {
    return this.#role === undefined ? this.#joined?.client : undefined;
  }

  start(): void {
    this.#join();
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#role !== undefined) await this.#role.drain(reason, timeoutMs);
    else await this.#leave();
  }

  #join(): void {
    const { name } = this.#parts;
    const known = channels.get(name);
    const joined = known ?? this.#open();
    this.#joined = joined;
    joined.members.add(this);
    if (known === undefined) joined.client.start();
    // The maker of this client has no listeners yet.
    else nextTick(() => this.#onStarted(joined));
  }

  #open(): SharedChannel {
    const { clientClass, name, options } = this.#parts;
    const members = new Set<SingleMode>();
    const makeChannel = () =>
      this.#parts.makeChannel({
        onEvent: (event, args) => {
          for (const member of [...members]) member.#parts.events.onEvent(event, args);
        },
        onError: (error) => {
          for (const member of [...members]) member.#parts.events.onError(error);
        },
      });
    const onOutcome = (outcome: LeaderChannel | Error): void => {
      opened.outcome = outcome;
      for (const member of [...members]) member.#onStarted(opened);
    };
    const client = new StartingClient(makeChannel, options, { onReady: onOutcome, onFailed: onOutcome });
    const opened: SharedChannel = { clientClass, client, members, outcome: undefined, closing: undefined };
    channels.set(name, opened);
    return opened;
  }

  #onStarted({ outcome, members }: SharedChannel): void {
    if (!members.has(this) || this.#role !== undefined) return; // drained, or leading already
    if (outcome instanceof Error) return this.#handler.onFailed(outcome);
    if (outcome === undefined) return;
    this.#role = new LeaderRole(outcome, this.#parts.options, this.#handler, () => this.#leave());
    this.#handler.onRole(this.#role);
  }

  async #leave(): Promise<void> {
    const left = this.#joined;
    if (left === undefined || !left.members.has(this)) return;
    if (left.members.size > 1) {
      left.members.delete(this);
      return;
    }
    // The last member still gets the events that the real client emits while closing.
    const { name } = this.#parts;
    if (channels.get(name) === left) channels.delete(name);
    left.closing ??= left.client.close();
    try {
      await left.closing;
    } finally {
      left.members.delete(this);
    }
  }
}
