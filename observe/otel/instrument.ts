import type { TracingChannel } from 'node:diagnostics_channel';
import { attemptChannel, broadcastChannel, callChannel, serveChannel } from '../../lib/channels.js';
import { invalid } from '../../lib/options.js';
import type { OtelApi } from './api.js';
import { ClientCalls } from './client-calls.js';
import { Durations } from './durations.js';
import type { OpenWork } from './open-work.js';
import { type InstrumentOptions, resolveOptions } from './options.js';
import { ServerCalls } from './server-calls.js';
import { Spans } from './spans.js';

let isInstrumented = false;

/**
 * Records all calls of the clients and servers of this process for OpenTelemetry: spans, whose context travels with the calls, and the durations as
 * histograms, with the names of the stable RPC conventions. Calls that have begun before are not recorded. docs/otel.md has the attributes.
 * @returns A function that ends this. Calls that have begun are recorded to their end.
 * @throws {@link RpcCode.InvalidArgument} for options out of shape, and while the process is instrumented already
 * @example
 * ```ts
 * import { createClient } from 'mailstation';
 * import { instrument } from 'mailstation/otel';
 *
 * const stop = instrument({ attempts: true }); // once in a process, before or after the SDK is registered
 * const client = createClient({ failMode: 'failover' });
 * await client.start();
 * // ... each call is a span now
 * await client.stop();
 * stop();
 * ```
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  const { api, traces, metrics, attempts, ignore, ...rest } = resolveOptions(options);
  if (isInstrumented)
    throw invalid(
      'instrument() was called before, and would record each call twice: call the function that it returned first',
    );
  isInstrumented = true;
  const resolved = { api, traces, metrics, attempts, ignore, ...rest };
  const spans = traces ? new Spans(resolved) : undefined;
  const durations = metrics ? new Durations(resolved) : undefined;
  const client = new ClientCalls(spans, durations, ignore);
  const server = new ServerCalls(spans, durations, ignore);
  const listeners = [
    listen(
      api,
      callChannel,
      client.calls,
      (of) => client.callStarts(of),
      (of) => client.callEnds(of),
    ),
    listen(
      api,
      serveChannel,
      server.calls,
      (of) => server.starts(of),
      (of) => server.ends(of),
    ),
  ];
  if (traces && attempts)
    listeners.push(
      listen(
        api,
        attemptChannel,
        client.attempts,
        (of) => client.attemptStarts(of),
        (of) => client.attemptEnds(of),
      ),
    );
  if (traces)
    listeners.push(
      listen(
        api,
        broadcastChannel,
        client.broadcasts,
        (of) => client.broadcastStarts(of),
        (of) => client.broadcastEnds(of),
      ),
    );
  let isStopped = false;
  return () => {
    if (isStopped) return;
    isStopped = true;
    isInstrumented = false;
    for (const stop of listeners) stop();
  };
}

/** Listens to a channel. Returns a function that ends this: no new work is taken, and the end of what has begun is waited for. */
function listen<Message extends object>(
  api: OtelApi,
  channel: TracingChannel<unknown, Message>,
  open: OpenWork<Message, unknown>,
  starts: (message: Message) => void,
  ends: (message: Message) => void,
): () => void {
  let isStopping = false;
  const onStart = guarded(api, starts);
  const end = guarded(api, ends);
  // The outcome is there, and the caller is told afterwards.
  const onEnd = (message: unknown): void => {
    end(message as Message);
    if (isStopping && open.isEmpty) channel.asyncStart.unsubscribe(onEnd);
  };
  channel.start.subscribe(onStart as (message: unknown) => void);
  channel.asyncStart.subscribe(onEnd);
  return () => {
    channel.start.unsubscribe(onStart as (message: unknown) => void);
    isStopping = true;
    if (open.isEmpty) channel.asyncStart.unsubscribe(onEnd);
  };
}

/** A fault of an exporter, a sampler or a propagator is reported where OpenTelemetry reports such faults, and is none of the call. */
function guarded<Message>(api: OtelApi, listener: (message: Message) => void): (message: Message) => void {
  return (message) => {
    try {
      listener(message);
    } catch (error) {
      api.diag.error('mailstation: a call could not be recorded', error);
    }
  };
}
