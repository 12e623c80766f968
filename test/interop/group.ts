import { freePort } from '../../bench/free-port.js';
import { until } from '../support/until.js';
import { type Library, Peer, PeerError, type Scope } from './peer.js';
import type { Upstream } from './upstream.js';

const PORT_ATTEMPTS = 5;

/** Processes on one port, which share one client. */
export class Group {
  readonly members: Peer[];
  readonly #port: number;
  readonly #upstream: Upstream;
  readonly #options: object;

  /** The first of them leads. A port that somebody else takes meanwhile is not the one that they compete for. */
  static async start(
    t: Scope,
    upstream: Upstream,
    libraries: readonly Library[],
    options: object = {},
  ): Promise<Group> {
    const [leader, ...followers] = await Promise.all(libraries.map((library) => Peer.start(t, library)));
    if (leader === undefined) throw new Error('a group of none');
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        await leader.create({ ...options, port, isLeader: true }, upstream.port);
        const group = new Group(leader, port, upstream, options);
        await Promise.all(followers.map((follower) => group.join(follower, { isLeader: false })));
        return group;
      } catch (error) {
        if (attempt === PORT_ATTEMPTS || !/occupied|ERR_RPC_ADDRESS_IN_USE/.test(String(error))) throw error;
      }
    }
  }

  /** All of them compete; the first to be made leads first. */
  static async compete(
    t: Scope,
    upstream: Upstream,
    libraries: readonly Library[],
    options: object = {},
  ): Promise<Group> {
    const [first, ...others] = await Promise.all(libraries.map((library) => Peer.start(t, library)));
    if (first === undefined) throw new Error('a group of none');
    for (let attempt = 1; ; attempt++) {
      const group = new Group(first, await freePort(), upstream, options);
      await first.create({ ...options, port: group.#port }, upstream.port);
      if (await first.leads()) {
        await Promise.all(others.map((each) => group.join(each)));
        return group;
      }
      if (attempt === PORT_ATTEMPTS) throw new Error('no port is free');
    }
  }

  private constructor(first: Peer, port: number, upstream: Upstream, options: object) {
    this.members = [first];
    this.#port = port;
    this.#upstream = upstream;
    this.#options = options;
  }

  async join(peer: Peer, options: object = {}): Promise<void> {
    this.members.push(peer);
    await peer.create({ ...this.#options, ...options, port: this.#port }, this.#upstream.port);
  }

  async leader(): Promise<Peer> {
    const leading = await Promise.all(this.members.map((member) => member.leads()));
    const leaders = this.members.filter((_, at) => leading[at]);
    const [leader] = leaders;
    if (leader === undefined || leaders.length > 1) throw new Error(`${leaders.length} processes lead`);
    return leader;
  }

  /** As abruptly as there is. Resolves with its pid when the process is gone. */
  async kill(peer: Peer): Promise<number> {
    this.forget(peer);
    await peer.kill();
    return peer.pid;
  }

  /** It is no member any more, whatever became of it. */
  forget(peer: Peer): void {
    this.members.splice(this.members.indexOf(peer), 1);
  }

  /**
   * Waits until every member is served, and by another process than `gone`. Calls that are lost on the way with the
   * old Leader are made again. Resolves with the process that serves all.
   */
  async untilServed(gone: number): Promise<number> {
    const pids = await Promise.all(
      this.members.map((member) =>
        until(() => servedBy(member, gone), {
          what: `the ${member.library} process ${member.pid} to be served`,
          timeoutMs: 20_000,
        }),
      ),
    );
    const [pid, ...others] = new Set(pids);
    if (pid === undefined || others.length > 0) throw new Error(`served by several processes: ${pids.join(', ')}`);
    return pid;
  }
}

async function servedBy(member: Peer, gone: number): Promise<number | undefined> {
  try {
    const pid = (await member.call('servedBy')) as number;
    return pid === gone ? undefined : pid;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}
