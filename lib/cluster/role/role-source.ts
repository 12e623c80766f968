import type { RpcError } from '../../errors.js';
import type { Role, RoleHandler } from './role.js';

/** State of a real client that is not ready yet. */
export interface StartingReport {
  /** The last `error` that the real client has emitted. */
  readonly lastError: Error | undefined;
}

/** Source of a shared client's roles, one after the other: {@link PortElection} over a port, {@link SingleMode} without. */
export interface RoleSource {
  /** The real client that this process has made and that is not ready yet. Undefined where there is none. */
  readonly starting: StartingReport | undefined;
  /** Begins to look for a role. Roles are reported until {@link drain}. */
  start(): void;
  /** Ends the role, then what the role needs, after the calls in flight: after `timeoutMs` at most. Resolves at the end. */
  drain(reason: RpcError, timeoutMs: number): Promise<void>;
}

export interface RoleSourceHandler extends RoleHandler {
  /** Called with each role: the first, and each one after {@link onLost}. */
  onRole(role: Role): void;
  /** Called when the role has ended because its Leader is gone. The source looks for another. */
  onLost(reason: RpcError): void;
  /** Called at each attempt that found neither the port free nor a Leader. The source goes on trying. */
  onObstacle(error: RpcError): void;
  /** Called in place of {@link onObstacle} for an obstacle that passes within milliseconds, and is not worth a log line. */
  onPassingObstacle(error: RpcError): void;
  /**
   * Called where the real client has failed, in this process or in the Leader's, and where this process cannot lead as it
   * must. Calls fail with the error until {@link onRole} or {@link onSearching}.
   */
  onFailed(error: Error): void;
  /** Called when a failure that may have been reported is over, and a role is looked for again. */
  onSearching(): void;
}
