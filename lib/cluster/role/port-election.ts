import { settledWithin } from '../../call/held-calls.js';
import { describeError } from '../../diagnostics.js';
import { Candidate, type CandidateState } from '../../election/candidate.js';
import { describeHolder, identifyHolder } from '../../election/holder.js';
import { endpointOf } from '../../endpoint.js';
import { hasCode, RpcCode, RpcError, toError } from '../../errors.js';
import { Line, type LineHandler } from '../../follower/line.js';
import { type LineOptions, resolveLineOptions } from '../../follower/line-options.js';
import { resolveListeningOptions } from '../../leader/options.js';
import { type PortLease, seatHere, takeSeat } from '../../leader/port-lease.js';
import { RefusalCode } from '../../protocol/refusal.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import { FollowerRole } from './follower-role.js';
import { LeaderRole } from './leader-role.js';
import type { Role, RoleHandler } from './role.js';
import type { RoleSource, RoleSourceHandler } from './role-source.js';

/** Dead after so many heartbeats without a byte. Source: cluster-client, lib/leader.js */
const HEARTBEAT_MISSES = 3;

/** Competes for the port with the clients of the same name in all processes of this machine. */
export class PortElection implements RoleSource {
  readonly #options: ResolvedClusterOptions;
  readonly #publishMethod: string | undefined;
  readonly #host: () => LeaderChannel;
  readonly #roleHandler: RoleHandler;
  readonly #candidate: Candidate;
  #handler: RoleSourceHandler | undefined;
  #seat: PortLease | undefined;
  #follower: FollowerRole | undefined;
  #role: Role | undefined;
  /** Of whoever leads, from the moment on at which it does. */
  #hosted: LeaderChannel | undefined;
  #isClosed = false;
  /** The system is asked for the port. */
  #claiming: Promise<void> | undefined;
  /** Open ones: the role's, and those of Leaders that are gone, which still answer what was sent on them. */
  readonly #lines = new Map<Line, Promise<void>>();

  /** `host` makes the real client, when it is known that this process leads. */
  constructor(
    options: ResolvedClusterOptions,
    publishMethod: string | undefined,
    host: () => LeaderChannel,
    roleHandler: RoleHandler,
  ) {
    this.#options = options;
    this.#publishMethod = publishMethod;
    this.#host = host;
    this.#roleHandler = roleHandler;
    this.#candidate = new Candidate({
      claim: options.isLeader === false ? undefined : () => this.#claim(),
      follow: (handler, signal) => this.#follow(handler, signal),
      onObstacle: (error) => this.#handler?.onObstacle(advised(error)),
      onRefused: (error) => this.#handler?.onPassingObstacle(error),
      onMove: (to) => this.#onMove(to),
    });
  }

  start(handler: RoleSourceHandler): void {
    this.#handler = handler;
    if (this.#options.isLeader === true) void this.#leadOrFail();
    else this.#candidate.persist();
  }

  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    this.#candidate.releaseLine();
    void this.#candidate.destroy(reason);
    await this.#claiming?.catch(() => {});
    if (this.#role !== undefined) await this.#role.close(reason, timeoutMs);
    else if (this.#seat !== undefined) await this.#endLeading(this.#seat, reason, 0);
    if (this.#lines.size === 0) return;
    await settledWithin(Promise.all(this.#lines.values()), timeoutMs);
    for (const line of this.#lines.keys()) line.destroy(reason);
  }

  async #leadOrFail(): Promise<void> {
    const { name, port } = this.#options;
    try {
      await this.#claim();
    } catch (error) {
      if (this.#isClosed) return;
      const { code } = error as RpcError;
      if (code !== RpcCode.AddressInUse) return this.#handler?.onFailed(toError(error));
      const { message } = error as RpcError;
      const isHere = (await seatHere(name, port)) !== undefined;
      const who = isHere
        ? message
        : `${message}, by ${describeHolder(await identifyHolder(this.#lineOptions()), name)}`;
      const why = `create "${name}" leader failed, the port:${port} is occupied by other: ${who}`;
      return this.#handler?.onFailed(new RpcError(code, why, { cause: error }));
    }
    if (!this.#isClosed) await this.#lead();
  }

  #claim(): Promise<void> {
    this.#claiming = this.#takeSeat();
    return this.#claiming;
  }

  async #takeSeat(): Promise<void> {
    const { name, port, heartbeatInterval, isCheckHeartbeat, maxFrameBytes, exposeStack, logger } = this.#options;
    const listening = { port, keepalive: heartbeatInterval, maxFrameBytes, exposeStack };
    const seat = await takeSeat(name, {
      ...resolveListeningOptions(listening, logger),
      stockHeartbeatInterval: heartbeatInterval,
      heartbeatMisses: isCheckHeartbeat ? HEARTBEAT_MISSES : Number.POSITIVE_INFINITY,
      onSession: () => {},
      onSessionClosed: () => {},
      onError: (error) => this.#roleHandler.onError(error),
    });
    // It was closed while the system was asked for the port.
    if (this.#isClosed) await seat.release(new RpcError(RpcCode.Closed, `${name} was closed`));
    else this.#seat = seat;
  }

  #onMove(to: CandidateState): void {
    if (to === 'leading') void this.#lead();
    if (to === 'following' && this.#follower !== undefined) this.#assume(this.#follower);
    if (to === 'competing' && this.#role !== undefined) {
      this.#role = undefined;
      this.#handler?.onLost(new RpcError(RpcCode.ConnectionLost, `the Leader of ${this.#options.name} is gone`));
    }
  }

  /** The way to whoever leads. */
  #lineOptions(): LineOptions {
    const { name, port, connectTimeout, heartbeatInterval, maxFrameBytes, transcode } = this.#options;
    return resolveLineOptions(endpointOf({ port }), name, {
      ...(transcode && { transcode }),
      connectTimeout,
      heartbeatInterval,
      stockHeartbeatInterval: heartbeatInterval,
      maxFrameBytes,
    });
  }

  async #follow(handler: LineHandler, signal: AbortSignal): Promise<Line> {
    const { name, port, responseTimeout } = this.#options;
    // One of this process may take its place at once: it does not wait to be refused.
    const seat = await seatHere(name, port);
    const giveUp = new AbortController();
    const left = new RpcError(RpcCode.ConnectionLost, `whoever led ${name} in this process has let go of it`);
    if (seat !== undefined && seat.released === undefined && this.#options.isLeader !== false) throw left;
    void seat?.released?.then(() => giveUp.abort(left));
    let role: FollowerRole | undefined;
    let onEnd = (): void => {};
    const line = await Line.open(
      this.#lineOptions(),
      {
        onDrained: () => this.#roleHandler.onDrained(),
        onPush: (key, frame, codec) => role?.onPush(key, frame, codec),
        onGoaway: (which) => handler.onGoaway(which),
        onClosed: (which, reason) => {
          handler.onClosed(which, reason);
          role?.onClosed();
          this.#lines.delete(which);
          onEnd();
        },
      },
      AbortSignal.any([signal, giveUp.signal]),
    );
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    if (line.state !== 'closed') this.#lines.set(line, ended);
    const publishMethod = this.#publishMethod;
    role = new FollowerRole(line, { name, responseTimeout, publishMethod }, this.#roleHandler);
    this.#follower = role;
    return line;
  }

  /** Followers are taken in, and calls made, once the real client is ready: until then both wait. */
  async #lead(): Promise<void> {
    const seat = this.#seat;
    if (seat === undefined) return;
    let hosted: LeaderChannel;
    try {
      hosted = this.#host();
      this.#hosted = hosted;
      await hosted.real.whenReady();
    } catch (error) {
      if (!this.#isClosed) this.#onRealClientFailed(seat, toError(error));
      return;
    }
    if (this.#isClosed) return;
    const role = new LeaderRole(hosted, this.#roleHandler, (reason, ms) => this.#endLeading(seat, reason, ms));
    seat.lead(hosted.channel());
    this.#assume(role);
  }

  /** It keeps the port, as with cluster-client; but Followers learn why they are not served. */
  #onRealClientFailed(seat: PortLease, error: Error): void {
    const { name } = this.#options;
    const refusal = `the real client of ${name} failed in process ${process.pid}: ${error.message}`;
    seat.lead({ name, refusal, invoke: () => {} });
    this.#handler?.onFailed(error);
  }

  #assume(role: Role): void {
    this.#role = role;
    this.#handler?.onRole(role);
  }

  /** Followers first, while they can be answered; then the real client; the port last, so that no two are open at once. */
  async #endLeading(seat: PortLease, reason: RpcError, timeoutMs: number): Promise<void> {
    await seat.withdraw(reason, timeoutMs);
    try {
      await settledWithin(this.#closeRealClient(), this.#options.maxWaitTime);
    } finally {
      await seat.release(reason);
    }
  }

  async #closeRealClient(): Promise<void> {
    try {
      await this.#hosted?.real.close();
    } catch (error) {
      this.#options.logger.error(
        `mailstation: closing the real client of ${this.#options.name} failed: ${describeError(error)}`,
      );
      throw error;
    }
  }
}

/** Adds advice where another process holds the port and does not lead the channel. A holder of version 0.1.0 does not say so. */
function advised(error: RpcError): RpcError {
  if (!hasCode(error, [RefusalCode.NoLeader])) return error;
  const advice = 'have that process create this client too, or give it a port of its own';
  return new RpcError(error.code, `${error.message}; ${advice}`, { cause: error.cause });
}
