import { freePort } from '../../bench/free-port.js';
import { follow, lead } from '../behaviour/sharing.js';
import { failure, serve } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { until } from '../support/until.js';
import { makeService, NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

/** After the last call; a step of calls before that must not take so long. ms */
const IDLE_MS = 2_000;

/** The tap is between a process that follows and the one that leads. */
export async function sharedMailBoxes(t: Scope, { createServer, createClient }: Package): Promise<Tap> {
  const { gate, methods } = makeService();
  const { server, info } = await serve(t, methods, { callbacks: true }, createServer);
  const share = await freePort();
  const one = await lead(t, share, [], { keepalive: NEVER_MS, maxInFlight: 2, idleTimeout: IDLE_MS }, createClient);
  const tap = await Tap.open(t, share);
  tap.step = 'register';
  const options = { keepalive: NEVER_MS, share: { port: tap.port, lead: false } };
  const { client, calls, moves } = await follow(t, tap.port, [info], options, createClient);
  tap.step = 'open a mailbox, and call without arguments';
  await calls.nothing(null);
  tap.step = 'arguments, meta and results';
  await calls.all.with({ meta: { trace: 'abc' } })(null, 1, 'two');
  tap.step = 'one-way';
  calls.nothing.oneway(null);
  await tap.passed('"oneway":true');
  tap.step = 'an error of the method';
  await failure(calls.fail(null));
  tap.step = 'no such method';
  await failure(calls.absent(null));
  tap.step = 'cancel';
  const controller = new AbortController();
  const cancelled = failure(calls.hang.with({ signal: controller.signal })(null));
  await tap.passed('"type":"relay"');
  controller.abort();
  await cancelled;
  await tap.passed('"type":"relay_failure"');
  tap.step = 'a mailbox that is full';
  const waiting = [calls.wait(null), calls.wait(null)];
  await tap.passed('"state":"full"');
  gate.open();
  await Promise.all(waiting);
  await tap.passed('"state":"ready"');
  tap.step = 'a mailbox that is idle, and is opened again';
  await until(() => moves.includes('test-1 ready -> idle'), { what: 'the mailbox to be idle' });
  await calls.nothing(null);
  tap.step = 'a server that is lost with a call in flight';
  const lost = failure(calls.hang(null));
  await tap.passed('"type":"relay"');
  await server.stop(true);
  await lost;
  await tap.passed('"state":"connecting","lastFailure"');
  tap.step = 'close the mailbox';
  client.removeServer('test-1');
  await tap.passed('"type":"close_mailbox"');
  tap.step = 'goaway of the process that leads';
  await one.client.stop();
  await tap.passed('"type":"goaway_res"');
  return tap;
}
