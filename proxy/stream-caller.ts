import type { CallOptions } from '../lib/call/call-contract.js';
import type { CallStage } from '../lib/call/call-stage.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { ResultStream } from '../lib/call/result-stream.js';
import { StreamCall } from '../lib/call/stream-call.js';
import { outerCall } from '../lib/call-context.js';
import { RpcCode } from '../lib/errors.js';
import { performance } from '../lib/timers.js';

/** Server of a stream: the one that the router chooses, or the one that the caller names. */
export type StreamTarget = { readonly routeParam: unknown } | { readonly serverId: string };

/** Times of streams that do not bring their own. Unit: ms */
export interface StreamDefaults {
  readonly timeout: number;
  readonly streamIdleTimeout?: number;
}

/** Calls a method whose results are a stream. A call that cannot be made fails when its stream is read. */
export function callStream(
  first: CallStage,
  method: RemoteMethod,
  target: StreamTarget,
  args: unknown[],
  options: CallOptions,
  defaults: StreamDefaults,
): ResultStream {
  const { timeout = defaults.timeout, idleTimeout = defaults.streamIdleTimeout ?? 0 } = options;
  const startedAt = performance.now();
  const endsAt = outerCall()?.deadline ?? Number.POSITIVE_INFINITY;
  const call = new StreamCall(
    method,
    args,
    {
      time: options.timeout === undefined ? 'first' : 'whole',
      timeout: Math.max(0, Math.min(timeout, Math.ceil(endsAt - startedAt))),
      ...{ startedAt, idleTimeout, endsAt },
    },
    options,
    'routeParam' in target ? target.routeParam : undefined,
  );
  if (call.isSettled) return new ResultStream(call.result);
  if (!('serverId' in target)) first.send(call);
  else if (typeof target.serverId === 'string' && target.serverId !== '' && target.serverId !== '*') {
    call.serverId = target.serverId;
    first.send(call);
  } else {
    const why = 'a stream comes from one server: the id of the server must be a non-empty string, and not "*"';
    call.fail(call.error(RpcCode.InvalidArgument, why, 'not-sent'));
  }
  return new ResultStream(call.result);
}
