import type { CallContext } from '../lib/call-context.js';
import type { RpcMessage } from '../lib/rpc-message.js';

/**
 * Callback with which a filter of a server that declares four parameters goes on:
 * - `next()` runs the next filter, and then the method; `msg` replaces what the filter was given, and only `msg.args` may differ.
 * - `next(error)` refuses the call.
 *
 * A server id in the place of the error refuses the call too: only a filter of a client chooses servers.
 */
export type ServerFilterNext = (target?: string | number | Error | null, msg?: RpcMessage) => void;

/**
 * Function that sees a call in the server. The parameters are the id of the server, the message, the context of the call, which
 * `callContext()` returns within the filter and the method too, and `next`. A filter with fewer than four parameters goes on when the filter returns,
 * or when the promise that the filter returns resolves. A filter with four parameters, or with a rest parameter or a default value,
 * must call `next`. Throwing and rejecting refuse the call; see {@link ServerFilter}.
 */
export type ServerFilterFunction = (
  serverId: string,
  msg: RpcMessage,
  context: CallContext,
  next: ServerFilterNext,
) => unknown;

/** Object that filters before a method runs, after the method has answered, or both. `name` appears in errors. */
export interface ServerFilterObject {
  /** Name of the filter in errors. */
  readonly name?: string | undefined;
  /** Runs before the method. The arguments may be changed. */
  before?: ServerFilterFunction | undefined;
  /** Runs when the method has answered, with results or with an error, before the answer is sent; for a stream, at the end of the items. */
  after?: ServerFilterFunction | undefined;
}

/**
 * A filter of a server: a function, or an object with `before`, `after` or both. Filters see the calls of the server's own methods
 * that may run (after limits, `expose` and `authorize`), one-way calls and streams included, and the arguments before `checked` has checked them.
 *
 * An error of a before filter refuses the call: the method does not run, and `delivery` at the caller is `not-sent`. The caller gets
 * `ERR_RPC_FILTER`, whose `cause` has the name, message, code and fields of the error. An `RpcError` of the filter itself with the code
 * `ERR_RPC_FORBIDDEN` or `ERR_RPC_OVERLOADED` is the caller's error, unchanged: a mode that retries tries another server after the latter.
 * An error of an after filter is the answer, as if the method had failed with it.
 * @example
 * ```ts
 * import { createServer, type ServerFilter } from 'mailstation';
 *
 * const onlyWithTicket: ServerFilter = {
 *   name: 'only with a ticket',
 *   before(serverId, msg, context) {
 *     const { ticket } = (context.meta ?? {}) as { ticket?: string };
 *     if (ticket === undefined)
 *       throw Object.assign(new Error(`${msg.method} on ${serverId} needs a ticket`), { code: 'E_NO_TICKET' });
 *   },
 * };
 *
 * const server = createServer({ id: 'chat-1', port: 0, services: { user: { rooms: { list: () => ['lobby'] } } } });
 * server.before(onlyWithTicket);
 * server.on('callEnded', ({ method, outcome, duration }) => console.log(method, outcome, duration));
 * ```
 */
export type ServerFilter = ServerFilterFunction | ServerFilterObject;
