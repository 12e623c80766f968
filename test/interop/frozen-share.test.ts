import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import type { CallContext, ClientOptions } from '../../index.js';
import { VALUES } from '../behaviour/fixtures/values.js';
import { follow, lead } from '../behaviour/sharing.js';
import { deferred, failure, makeGate, overTransports, type Served, serve } from '../behaviour/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { inBothRoles } from './frozen-roles.js';

const FOREVER = () => new Promise<never>(() => {});
const outcome = ({ code, delivery }: { code: string; delivery: unknown }) => [code, delivery];

/** `serving` leads the share, and is the server too; `calling` follows. */
await inBothRoles(({ serving, calling }) => {
  /** One that leads, with the given options, and one that follows and knows the servers. */
  async function pair(t: TestContext, served: Served, options: ClientOptions = {}) {
    const share = await freePort();
    const one = await lead(t, share, [], options, serving.createClient);
    const two = await follow(t, share, [served], {}, calling.createClient);
    return { one, two };
  }

  overTransports((transport) => {
    it('calls by way of the process that leads bring back what was sent', async (t) => {
      expectNoLeaks(t);
      type Callback = (...results: unknown[]) => void;
      const seen: number[] = [];
      const service = {
        echo: (value: unknown, answer: Callback) => answer(null, value, 'and', 'more'),
        meta: (answer: Callback) => answer(null, (serving.callContext() as CallContext).meta),
        fail: (answer: Callback) => answer(Object.assign(new RangeError('boom'), { code: 'E_BOOM' })),
        note: (n: number) => void seen.push(n),
        noted: (answer: Callback) => answer(null, seen),
      };
      const served = await serve(t, service, { transport, callbacks: true }, serving.createServer);
      const { two } = await pair(t, served);
      for (const [what, value] of Object.entries(VALUES))
        assert.deepEqual(await two.calls.echo(null, value), value, what);
      const { promise, resolve } = deferred<unknown[]>();
      two.calls.echo(null, 1, (...results: unknown[]) => resolve(results));
      assert.deepEqual(await promise, [null, 1, 'and', 'more']);
      assert.deepEqual(await two.calls.meta.with({ meta: { trace: 'abc' } })(null), { trace: 'abc' });
      const error = await failure(two.calls.fail(null));
      assert.deepEqual([...outcome(error), error.serverId], ['ERR_RPC_REMOTE', 'answered', 'test-1']);
      assert.equal((error.cause as RangeError & { code: string }).code, 'E_BOOM');
      assert.deepEqual(outcome(await failure(two.calls.absent(null))), ['ERR_RPC_NO_METHOD', 'answered']);
      for (const n of [1, 2]) two.calls.note.oneway(null, n);
      assert.deepEqual(await two.calls.noted(null), [1, 2]);
    });
  });

  it('a call is cancelled, and a late one reported, by way of the process that leads', async (t) => {
    expectNoLeaks(t);
    const signals: AbortSignal[] = [];
    const hang = () => {
      signals.push((serving.callContext() as CallContext).signal);
      return FOREVER();
    };
    const served = await serve(t, { hang }, {}, serving.createServer);
    const { two } = await pair(t, served);
    const controller = new AbortController();
    const cancelled = failure(two.calls.hang.with({ signal: controller.signal })(null));
    await until(() => signals.length === 1, { what: 'the call' });
    controller.abort();
    assert.deepEqual(outcome(await cancelled), ['ERR_RPC_CANCELLED', 'unknown']);
    await until(() => signals[0]?.aborted === true, { what: 'the method to be notified' });
    const late = await failure(two.calls.hang.with({ timeout: 1_000 })(null));
    assert.deepEqual(outcome(late), ['ERR_RPC_TIMEOUT', 'unknown']);
    await until(() => signals[1]?.aborted === true, { what: 'the deadline in the method' });
  });

  it('a process that leads and stops answers what is in flight, gives back what waits, and is followed', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: (n: number) => gate.pass(n) });
    const { one, two } = await pair(t, served, { maxInFlight: 2, drainTimeout: 20_000 });
    const numbers = Array.from({ length: 8 }, (_, n) => n);
    const all = Promise.all(numbers.map((n) => two.calls.wait(null, n)));
    await gate.arrivals(2);
    const stopped = one.client.stop();
    await gate.arrivals(8); // the last six by way of the one that leads now
    assert.equal(two.client.sharing, 'leading');
    gate.open();
    assert.deepEqual(await all, numbers);
    await stopped;
  });

  it('a process that leads and is gone loses what is in flight, and says so', async (t) => {
    const gate = makeGate();
    t.after(() => gate.open());
    const served = await serve(t, { wait: () => gate.pass('answered') });
    const { one, two } = await pair(t, served);
    const lost = failure(two.calls.wait(null));
    await gate.arrivals(1);
    await one.client.stop(true);
    assert.deepEqual(outcome(await lost), ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    gate.open();
    assert.equal(await two.calls.wait(null), 'answered');
  });

  it('a server that goes away, or is down, is seen through the process that leads', async (t) => {
    const gate = makeGate();
    const first = await serve(t, { f: () => gate.pass('first') }, {}, calling.createServer);
    const { two } = await pair(t, first);
    const inFlight = two.calls.f(null);
    await gate.arrivals(1);
    const stopped = first.server.stop();
    await until(() => two.moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
    const waiting = two.calls.f(null);
    gate.open();
    assert.equal(await inFlight, 'first');
    await stopped;
    await serve(t, { f: () => 'second' }, { port: first.port }, calling.createServer);
    assert.equal(await waiting, 'second');
  });
});
