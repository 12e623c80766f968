import type { RpcError } from '../../errors.js';
import type { Role } from './role.js';

/** Where a shared client's role comes from: the competition for a port, or its own process alone. */
export interface RoleSource {
  /** Returns at once; goes on by itself until closed. */
  start(handler: RoleSourceHandler): void;
  /** Gives the role up, and closes what it stood on, after what is under way: `timeoutMs` at the latest. */
  close(reason: RpcError, timeoutMs: number): Promise<void>;
}

export interface RoleSourceHandler {
  /** There is one, the first or another. */
  onRole(role: Role): void;
  /** It is gone; another will come. */
  onLost(reason: RpcError): void;
  /** Nobody leads, for this reason; it goes on trying. */
  onObstacle(error: RpcError): void;
  /** The same, of a reason that passes by itself as a rule: not worth a word until something fails for it. */
  onPassingObstacle(error: RpcError): void;
  /** There will be none. */
  onFailed(error: Error): void;
}
