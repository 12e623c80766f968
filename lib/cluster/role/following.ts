import type { RpcError } from '../../errors.js';
import type { Line, LineHandler } from '../../follower/line.js';
import { OpenLines } from '../../follower/open-lines.js';
import type { ElectionPort } from './election-port.js';
import { FollowerRole, type FollowerRoleOptions } from './follower-role.js';
import type { RoleHandler } from './role.js';

/** The lines of a process that follows: to the Leader, and to earlier Leaders that still answer calls. */
export class Following {
  readonly #port: Pick<ElectionPort, 'dial'>;
  readonly #options: FollowerRoleOptions;
  readonly #handler: RoleHandler;
  readonly #lines = new OpenLines();
  #role: FollowerRole | undefined;

  constructor(port: Pick<ElectionPort, 'dial'>, options: FollowerRoleOptions, handler: RoleHandler) {
    this.#port = port;
    this.#options = options;
    this.#handler = handler;
  }

  /** The role at the Leader that was dialled last; undefined once that Leader was left. */
  get role(): FollowerRole | undefined {
    return this.#role;
  }

  /** Connects to the Leader as {@link ElectionPort.dial} does, and makes the role. `handler` is notified of the end of the line. */
  async follow(handler: LineHandler, signal: AbortSignal): Promise<Line | undefined> {
    let role: FollowerRole | undefined;
    const line = await this.#port.dial(
      {
        onDrained: () => this.#handler.onDrained(),
        onPush: (key, frame, codec) => {
          // A Leader that was left may not know yet that another one leads.
          if (role === this.#role) role?.onPush(key, frame, codec);
        },
        onGoaway: (which) => handler.onGoaway(which),
        onClosed: (which, reason) => {
          handler.onClosed(which, reason);
          role?.onClosed();
          this.#lines.delete(which);
        },
      },
      signal,
    );
    if (line === undefined) return undefined;
    this.#lines.add(line);
    role = new FollowerRole(line, this.#options, this.#handler);
    this.#role = role;
    return line;
  }

  /** The Leader is gone. Calls that were sent are still answered on its line. */
  left(): void {
    this.#role = undefined;
  }

  /** Ends all lines when their calls are answered: after `timeoutMs` at most. */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    await this.#role?.drain(reason, timeoutMs);
    await this.#lines.drain(reason, timeoutMs);
    this.#lines.destroy(reason);
  }
}
