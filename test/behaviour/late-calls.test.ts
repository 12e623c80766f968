import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallTiming } from '../../lib/call-timing.js';
import type { RpcError } from '../../lib/errors.js';
import { response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { spawnProcess } from '../support/spawn-process.js';
import { EXT, rawLeader, stock } from './raw-peers.js';
import { call, failure, serve, unusedPort } from './support.js';

const SERVER = new URL('./fixtures/server-process.ts', import.meta.url);
const FOREVER = () => new Promise<never>(() => {});
const SERVER_SAID = /the server reported after \d+ ms: received \d+ ms before, still running/;
/** The second where this process itself was kept for long, as on a busy machine. */
const SERVER_SILENT =
  /the server sent no report: its event loop is blocked, or the request or the answer|no report of the server was read/;

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** The parts of a timing, which add up to the whole. */
function timingOf({ timing }: RpcError): CallTiming {
  assert.ok(timing !== undefined);
  const { routingMs, beforeFiltersMs, connectingMs, pendingMs, unansweredMs, afterFiltersMs, totalMs } = timing;
  const sum = routingMs + beforeFiltersMs + connectingMs + pendingMs + unansweredMs + afterFiltersMs;
  assert.ok(Math.abs(sum - totalMs) <= 1, `${sum} of ${totalMs} ms`);
  return timing;
}

async function startServer(t: Parameters<typeof spawnProcess>[0]) {
  const { child, ready } = await spawnProcess(t, SERVER);
  return { child, info: { id: 'test-1', serverType: 'test', port: ready['port'] as number } };
}

describe('a call that times out', () => {
  it('quotes the server where the method does not answer', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: FOREVER });
    const { calls } = await call(t, [served], { timeout: 3_000 });
    const error = await failure(calls.f(null));
    assert.match(error.message, /^user\.service\.f on test-1: no answer after 3000 ms \(/);
    assert.match(error.message, SERVER_SAID);
    const { server, unansweredMs, totalMs } = timingOf(error);
    assert.ok(server !== undefined);
    assert.ok(server.heldMs >= 2_000 && server.heldMs <= unansweredMs, `${server.heldMs} ms`);
    assert.ok(server.saidAfterMs >= server.heldMs && server.saidAfterMs <= totalMs, `${server.saidAfterMs} ms`);
  });

  it('says of a server whose event loop is blocked that it said nothing', async (t) => {
    const { info } = await startServer(t);
    const { calls } = await call(t, [info]);
    await calls.echo(null, 1);
    const error = await failure(calls.spin.with({ timeout: 400 })(null, 1_500));
    assert.match(error.message, SERVER_SILENT);
    assert.equal(timingOf(error).server, undefined);
    assert.equal(await calls.echo(null, 2), 2, 'when it is back');
  });

  it('says how long the server’s event loop was blocked, also before it could read the call', async (t) => {
    const { info } = await startServer(t);
    const { calls } = await call(t, [info]);
    await calls.echo(null, 1);
    calls.spin(null, 1_000).catch(() => {});
    await sleep(200); // it lies unread over there
    const error = await failure(calls.hang.with({ timeout: 3_000 })(null));
    assert.match(error.message, SERVER_SAID);
    assert.match(error.message, /longest event loop stall: .*the server's \d+ ms/);
    const { server } = timingOf(error);
    assert.ok(server !== undefined && server.stallMs >= 700, `${server?.stallMs} ms`);
  });

  it('says of a stopped server process that it said nothing, and how long it stood still once it goes on', async (t) => {
    const { info, child } = await startServer(t);
    const { calls } = await call(t, [info]);
    const stop = async () => {
      await child.next({ match: (message) => (message as { type: string }).type === 'called' });
      process.kill(child.pid as number, 'SIGSTOP');
    };
    const [first] = await Promise.all([failure(calls.hang.with({ timeout: 2_000 })(null)), stop()]);
    assert.match(first.message, SERVER_SILENT);
    process.kill(child.pid as number, 'SIGCONT');
    await calls.pid(null);
    const second = failure(calls.hang.with({ timeout: 6_000 })(null));
    await stop();
    await sleep(700);
    process.kill(child.pid as number, 'SIGCONT');
    const { server } = timingOf(await second);
    assert.ok(server !== undefined && server.stallMs >= 500, `${server?.stallMs} ms`);
  });

  it('names the share of a slow router and of a slow filter', async (t) => {
    const served = await serve(t, { f: FOREVER });
    const { calls, client } = await call(t, [served], { router: () => sleep(200, 'test-1'), timeout: 2_000 });
    client.before(() => sleep(100));
    const error = await failure(calls.f(null));
    assert.match(
      error.message,
      /no answer after 2000 ms \(\d+ ms in routing, \d+ ms in before filters, .*\d+ ms unanswered/,
    );
    const { routingMs, beforeFiltersMs, unansweredMs } = timingOf(error);
    assert.ok(routingMs >= 199 && beforeFiltersMs >= 99 && unansweredMs > 0, JSON.stringify(error.timing));
  });

  it('has the time until the answer apart from that of a slow after filter', async (t) => {
    const served = await serve(t, { f: () => sleep(200) });
    const { calls, client } = await call(t, [served], { timeout: 2_000 });
    client.after(FOREVER);
    const error = await failure(calls.f(null));
    assert.match(
      error.message,
      /still in after filters after 2000 ms; after filter "FOREVER" has not settled its promise \(.*\d+ ms unanswered, \d+ ms in after filters/,
    );
    const { unansweredMs, afterFiltersMs } = timingOf(error);
    assert.ok(unansweredMs >= 150 && afterFiltersMs > 0, JSON.stringify(error.timing));
  });

  it('has the time that it waited for room on its connection', async (t) => {
    const served = await serve(t, { f: FOREVER, ready: () => true });
    const { calls } = await call(t, [served], { maxInFlight: 1 });
    await calls.ready(null);
    const first = failure(calls.f.with({ timeout: 2_000 })(null));
    const error = await failure(calls.f.with({ timeout: 300 })(null));
    assert.match(error.message, /still waiting for room on its connection, to 127\.0\.0\.1:\d+, after 300 ms/);
    assert.ok(timingOf(error).pendingMs >= 299);
    await first;
  });

  it('says how many attempts to connect were made, and why the last one failed', async (t) => {
    const port = await unusedPort(t);
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 1_000 });
    const error = await failure(calls.f(null));
    assert.match(
      error.message,
      new RegExp(
        `not connected to 127\\.0\\.0\\.1:${port} after 1000 ms; the client made \\d+ attempts to connect in \\d+ ms; the last failure: connect ECONNREFUSED 127\\.0\\.0\\.1:${port}; start the server, or correct the host and the port of its entry`,
      ),
    );
    const { connectAttempts, connectingMs } = timingOf(error);
    assert.ok(connectAttempts >= 3, `${connectAttempts}`);
    assert.ok(connectingMs >= 999);
  });

  it('says how long the only attempt to connect has gone on', async (t) => {
    const mute = await rawLeader(t, () => {});
    const { calls } = await call(t, [mute.info], { timeout: 200 });
    const error = await failure(calls.f(null));
    assert.match(
      error.message,
      /still waiting for a connection, .* after 200 ms; the server accepted the connection, and has not answered/,
    );
    assert.equal(timingOf(error).connectAttempts, 1);
  });

  it('says nothing of a server that tells nothing: a stock one, or one that did not announce it', async (t) => {
    for (const ext of [undefined, EXT]) {
      const leader = await rawLeader(t, async (peer) => {
        const { id } = await peer.next('register_channel');
        peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
      });
      const { calls } = await call(t, [leader.info], { timeout: 300 });
      const error = await failure(calls.f(null));
      assert.match(error.message, /^user\.service\.f on test-1: no answer after 300 ms/);
      assert.doesNotMatch(error.message, /server/);
      assert.ok(timingOf(error).unansweredMs > 0);
    }
  });

  it('names our own event loop where that was blocked, and does not blame the server', async (t) => {
    const { info } = await startServer(t);
    const { calls } = await call(t, [info]);
    await calls.echo(null, 1);
    const waiting = failure(calls.hang.with({ timeout: 300 })(null));
    busy(900);
    const error = await waiting;
    assert.match(error.message, /no answer after 300 ms \(\d+ ms unanswered; /);
    assert.doesNotMatch(error.message, /its event loop is blocked/);
    assert.match(error.message, /longest event loop stall: ours \d+ ms/);
    const { stallMs, totalMs } = timingOf(error);
    assert.ok(stallMs >= 800 && stallMs <= totalMs, `${stallMs} of ${totalMs} ms`);
  });
});

describe('a call that loses its connection', () => {
  it('says how long it was where', async (t) => {
    const served = await serve(t, { f: FOREVER });
    const { calls } = await call(t, [served]);
    const lost = failure(calls.f(null));
    await sleep(200);
    await served.server.stop(true);
    const error = await lost;
    assert.equal(error.code, 'ERR_RPC_CONNECTION_LOST');
    assert.match(error.message, /connection to 127\.0\.0\.1:\d+ lost: .* \(.*\d+ ms unanswered/);
    assert.ok(timingOf(error).unansweredMs >= 100);
  });

  it('does not say twice how our own event loop fared', async (t) => {
    const mute = await rawLeader(t); // it answers no heartbeat
    const { calls } = await call(t, [mute.info], { keepalive: 100 });
    const lost = failure(calls.f(null));
    busy(150);
    const { message, cause } = await lost;
    assert.equal((cause as RpcError).code, 'ERR_RPC_PEER_SILENT');
    assert.match(
      message,
      /the longest stall of this process's own event loop in that time was \d+ ms \(\d+ ms .*unanswered/,
    );
    assert.doesNotMatch(message, /longest event loop stall/);
  });
});

it('an answer that fails, or that there is, has no timing', async (t) => {
  const served = await serve(t, { f: () => Promise.reject(new Error('boom')) });
  const { calls } = await call(t, [served]);
  assert.equal((await failure(calls.f(null))).timing, undefined);
});
