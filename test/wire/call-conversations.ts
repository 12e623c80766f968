import { connect } from 'node:net';
import type { Callback, ClientOptions, ServerOptions } from '../../index.js';
import { call, failure, serve } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { until, untilEvent } from '../support/until.js';
import { makeService, NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

const results = (start: (callback: Callback) => unknown): Promise<void> =>
  new Promise((resolve) => start(() => resolve()));

/** A service, the tap before it, and a client that dials the tap. */
async function behindTap(
  t: Scope,
  { createServer, createClient }: Package,
  options: { server?: Partial<ServerOptions>; client?: ClientOptions } = {},
) {
  const { gate, methods } = makeService();
  const serverOptions = { callbacks: true, keepalive: NEVER_MS, ...options.server };
  const { server, port } = await serve(t, methods, serverOptions, createServer);
  const tap = await Tap.open(t, port);
  const clientOptions = { keepalive: NEVER_MS, ...options.client };
  const info = { id: 'test-1', serverType: 'test', port: tap.port };
  return { gate, server, tap, info, ...(await call(t, [info], clientOptions, createClient)) };
}

export async function calls(t: Scope, pack: Package): Promise<Tap> {
  const { tap, calls, gate, server } = await behindTap(t, pack, {
    // Calls whose callers have gone keep their places, however long the conversation takes.
    server: { maxConcurrent: 3, maxQueued: 0, maxAbandoned: 0 },
  });
  tap.step = 'register, and call without arguments or results';
  await calls.nothing(null);
  tap.step = 'one argument and one result';
  await calls.first(null, 'a');
  tap.step = 'arguments of many kinds';
  const map = new Map<unknown, unknown>([['a', 1]]);
  const plain = [undefined, null, true, -1, 1.5, 2 ** 40, 'ünïcödé', [1, [2]], { a: { b: 'c' } }];
  await calls.first(null, 'first', ...plain, new Date(5), Buffer.from('ab'), map, new Set([1]), 2n ** 70n);
  tap.step = 'an Error as an argument';
  await calls.first(null, Object.assign(new TypeError('odd'), { code: 'E_ODD', stack: 'TypeError: odd' }));
  tap.step = 'several results';
  await results((callback) => calls.all(null, 1, 'two', undefined, callback));
  tap.step = 'meta';
  await calls.first.with({ meta: { trace: 'abc' } })(null, 1);
  tap.step = 'one-way, without and with meta';
  calls.nothing.oneway(null);
  await tap.passed('"oneway":true');
  calls.nothing.with({ meta: 7 }).oneway(null);
  await tap.passed('"oneway":true', 2);
  tap.step = 'an error of the method';
  await failure(calls.fail(null));
  tap.step = 'no such method';
  await failure(calls.absent(null));
  tap.step = 'cancel';
  const controller = new AbortController();
  const cancelled = failure(calls.hang.with({ signal: controller.signal })(null));
  await tap.passed('"type":"invoke"');
  controller.abort();
  await cancelled;
  await tap.passed('"type":"cancel"');
  tap.step = 'a late call is reported, and given up';
  await failure(calls.hang.with({ timeout: 500 })(null));
  await tap.passed('"type":"progress"');
  await tap.passed('"type":"cancel"');
  tap.step = 'a call that is not started: too many run';
  const running = calls.wait(null);
  await gate.arrivals(1);
  await failure(calls.nothing(null));
  tap.step = 'goaway with a call in flight';
  const stopped = server.stop();
  await tap.passed('"type":"goaway_res"');
  gate.open();
  await running;
  await stopped;
  return tap;
}

export async function exposedStack(t: Scope, pack: Package): Promise<Tap> {
  const { tap, calls } = await behindTap(t, pack, { server: { exposeStack: true } });
  tap.step = 'an error of the method, with its stack';
  await failure(calls.fail(null));
  return tap;
}

export async function json(t: Scope, pack: Package): Promise<Tap> {
  const { tap, calls } = await behindTap(t, pack, { client: { codecs: ['json'], maxFrameBytes: 65_536 } });
  tap.step = 'json and a limit on frames are agreed on';
  await calls.all.with({ meta: { trace: 'abc' } })(null, 'a', { b: [1, null] });
  await failure(calls.fail(null));
  return tap;
}

export async function heartbeats(t: Scope, pack: Package): Promise<Tap> {
  const { tap, calls } = await behindTap(t, pack, { client: { keepalive: 50 } });
  tap.step = 'register';
  await calls.nothing(null);
  tap.step = 'the caller sends a heartbeat';
  await tap.passed('"type":"heartbeat_res"');
  return tap;
}

export async function heartbeatsOfServers(t: Scope, pack: Package): Promise<Tap> {
  const { tap, calls } = await behindTap(t, pack, { server: { keepalive: 200 } });
  tap.step = 'register';
  await calls.nothing(null);
  tap.step = 'the server sends a heartbeat';
  await tap.passed('"type":"heartbeat_res"');
  return tap;
}

export async function refusals(t: Scope, { createServer, createClient }: Package): Promise<Tap> {
  const { port } = await serve(t, makeService().methods, {}, createServer);
  const tap = await Tap.open(t, port);
  tap.step = 'a registration on a channel that the server does not lead';
  const info = { id: 'other-1', serverType: 'test', port: tap.port };
  const { calls, client } = await call(t, [info], {}, createClient);
  const refused = failure(calls.nothing(null));
  await tap.passed('"type":"register_channel_res"');
  await client.stop(true);
  await refused;
  return tap;
}

/** Requests that no end of ours sends, and what ours answers. */
export async function strangers(t: Scope, { createServer }: Package): Promise<Tap> {
  const { port } = await serve(t, makeService().methods, {}, createServer);
  const tap = await Tap.open(t, port);
  const socket = connect(tap.port, '127.0.0.1');
  t.after(() => socket.destroy());
  await untilEvent(socket, 'connect', { what: 'the stranger to connect' });
  const heads = [
    ['a stock peer registers', { type: 'register_channel', channelName: 'test-1' }],
    ['a type that is not known', { type: 'unheard-of' }],
    ['a subscription where there is none', { type: 'subscribe', key: 'k', reg: 'r' }],
    ['a stock peer calls what is not there', { type: 'invoke', method: 'absent', argLength: 0, oneway: false }],
  ] as const;
  for (const [step, head] of heads) {
    tap.step = step;
    const text = Buffer.from(JSON.stringify(head));
    const header = Buffer.alloc(24);
    header.writeUInt8(1, 0);
    header.writeUInt32BE(7, 8);
    header.writeUInt32BE(5_000, 12);
    header.writeUInt32BE(text.length, 16);
    socket.write(Buffer.concat([header, text]));
    await until(() => tap.frames.some((frame) => frame.step === step && frame.from === 'callee'), { what: step });
  }
  return tap;
}
