import type { CallOptions } from '../lib/call/call-contract.js';
import type { RpcMessage } from '../lib/rpc-message.js';

/**
 * Callback with which a filter that declares four parameters goes on:
 * - `next()` runs the next filter; `msg` and `opts` replace what the filter was given.
 * - `next(error)` aborts the call: any truthy value but a string or a number counts as an error.
 * - `next(serverId)` sends the call to that server instead. An after filter cannot change the server.
 */
export type FilterNext = (target?: string | number | Error | null, msg?: RpcMessage, opts?: CallOptions) => void;

/**
 * Function that sees a call on its way. A filter with fewer than four parameters goes on when the filter returns, or
 * when the promise that the filter returns resolves. A filter with four parameters, or with a rest parameter or a default
 * value, must call `next`: otherwise the call ends at its deadline. Each filter aborts the call by throwing or rejecting;
 * the call then rejects with {@link RpcCode.Filter}. Source: pomelo-rpc.
 */
export type FilterFunction = (serverId: string, msg: RpcMessage, opts: CallOptions, next: FilterNext) => unknown;

/** Object that filters before a call is sent, after the call was answered, or both. `name` appears in errors. */
export interface FilterObject {
  /** Name of the filter in errors. */
  readonly name?: string | undefined;
  /** Runs before a call is sent. The message may be changed. */
  before?: FilterFunction | undefined;
  /** Runs after the server has answered, with results or with an error. The filter sees neither. */
  after?: FilterFunction | undefined;
}
/**
 * A filter of calls: a function, or an object with `before`, `after` or both. See {@link FilterFunction}.
 * @example
 * ```ts
 * import { createClient, type Filter } from 'mailstation';
 *
 * const onlyKnownUsers: Filter = {
 *   name: 'only known users',
 *   before(serverId, msg) {
 *     const [user] = msg.args as [{ id?: string }];
 *     if (user.id === undefined) throw new Error(`${msg.method} on ${serverId} needs a user with an id`);
 *   },
 * };
 *
 * const client = createClient();
 * client.before(onlyKnownUsers);
 * client.after((serverId, msg) => console.log(`${serverId} answered ${msg.method}`));
 * ```
 */
export type Filter = FilterFunction | FilterObject;
