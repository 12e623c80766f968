import { tracingChannel } from 'node:diagnostics_channel';
import { freePort } from '../../bench/free-port.js';
import type { CallMessage } from '../../lib/channels.js';
import { follow, lead } from '../behaviour/sharing.js';
import { type Calls, call, serve } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };

const methods = {
  first: (value: unknown) => value,
  async *letters() {
    yield 'a';
  },
};

/** Makes calls while a listener gives each a trace context. */
async function traced(tap: Tap, calls: Calls): Promise<void> {
  const start = (message: CallMessage): void => {
    message.trace = TRACE;
  };
  const listener = { start };
  const channel = tracingChannel<unknown, CallMessage>('mailstation:call');
  channel.subscribe(listener as never);
  try {
    tap.step = 'a call with a trace context';
    await calls['first'](null, 1);
    tap.step = 'a call with a trace context and meta';
    await calls['first'].with({ meta: 'm' })(null, 1);
    tap.step = 'a one-way call with a trace context';
    calls['first'].oneway(null, 2);
    await tap.passed('"oneway":true');
    tap.step = 'a stream with a trace context';
    for await (const _ of calls['letters'].stream(null));
  } finally {
    channel.unsubscribe(listener as never);
  }
}

export async function traces(t: Scope, { createServer, createClient }: Package): Promise<Tap> {
  const { port } = await serve(t, methods, { keepalive: NEVER_MS }, createServer);
  const tap = await Tap.open(t, port);
  const info = { id: 'test-1', serverType: 'test', port: tap.port };
  const { calls } = await call(t, [info], { keepalive: NEVER_MS }, createClient);
  await traced(tap, calls);
  return tap;
}

/** The tap is between a process that follows and the one that leads. */
export async function relayedTraces(t: Scope, { createServer, createClient }: Package): Promise<Tap> {
  const { info } = await serve(t, methods, {}, createServer);
  const share = await freePort();
  await lead(t, share, [], { keepalive: NEVER_MS }, createClient);
  const tap = await Tap.open(t, share);
  const options = { keepalive: NEVER_MS, share: { port: tap.port, lead: false } };
  const { calls } = await follow(t, tap.port, [info], options, createClient);
  await traced(tap, calls);
  return tap;
}
