import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { acceptRegistration, EXT, rawLeader, stock } from './raw-peers.js';
import { call, deferred, failure, makeGate, overTransports, serve } from './support.js';

const FOREVER = () => new Promise<never>(() => {});
const CANCEL_EXT = { ...EXT, features: [...EXT.features, 'cancel'] };
const STOP = new Error('the user left');

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('a call with a signal, aborted before it is sent', () => {
  it('is never sent where the signal was aborted before', async (t) => {
    expectNoLeaks(t);
    let called = 0;
    const served = await serve(t, { f: () => called++ });
    const { calls } = await call(t, [served]);
    const error = await failure(calls.f.with({ signal: AbortSignal.abort(STOP) })(null));
    assert.deepEqual([error.code, error.delivery, error.cause], ['ERR_RPC_CANCELLED', 'not-sent', STOP]);
    assert.equal(error.message, 'user.service.f: cancelled in routing');
    await calls.f(null);
    assert.equal(called, 1);
  });

  it('fails at once in routing, also when its own router aborts it', async (t) => {
    expectNoLeaks(t);
    let called = 0;
    const served = await serve(t, { f: () => called++ });
    const slow = await call(t, [served], { router: FOREVER, pendingSize: 1 });
    const first = new AbortController();
    for (const controller of [new AbortController(), first]) {
      const waiting = failure(slow.calls.f.with({ signal: controller.signal })(null));
      controller.abort(STOP);
      const error = await waiting;
      assert.deepEqual([error.code, error.delivery, error.cause], ['ERR_RPC_CANCELLED', 'not-sent', STOP]);
    }
    const second = new AbortController();
    const { calls } = await call(t, [served], {
      router: (param: unknown) => {
        if (param === 'abort') second.abort();
        return 'test-1';
      },
    });
    await calls.f('connect first');
    assert.equal((await failure(calls.f.with({ signal: second.signal })('abort'))).code, 'ERR_RPC_CANCELLED');
    await calls.f(null);
    assert.equal(called, 2, 'only those that were not aborted');
    assert.deepEqual([listeners(first.signal), listeners(second.signal)], [0, 0]);
    await slow.client.stop(); // it waits for nothing
  });

  it('fails at once in a before filter, one that aborts it included', async (t) => {
    expectNoLeaks(t);
    let called = 0;
    const served = await serve(t, { f: () => called++ });
    const { calls, client } = await call(t, [served]);
    const controller = new AbortController();
    let isFirst = true;
    client.before(() => {
      if (!isFirst) return undefined;
      isFirst = false;
      queueMicrotask(() => controller.abort(STOP));
      return FOREVER();
    });
    const error = await failure(calls.f.with({ signal: controller.signal })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CANCELLED', 'not-sent']);
    assert.match(error.message, /cancelled in before filters/);
    const own = new AbortController();
    client.before(() => own.abort());
    assert.equal((await failure(calls.f.with({ signal: own.signal })(null))).code, 'ERR_RPC_CANCELLED');
    assert.equal(called, 0);
    await client.stop();
  });

  it('fails at once while it waits for a connection, and makes room for another', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t, () => {});
    const { calls, client } = await call(t, [leader.info], { pendingSize: 1 });
    for (const _ of [1, 2, 3]) {
      const controller = new AbortController();
      const waiting = failure(calls.f.with({ signal: controller.signal })(null));
      controller.abort(STOP);
      const error = await waiting;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CANCELLED', 'not-sent']);
      assert.match(error.message, /^user\.service\.f on test-1: cancelled while waiting for a connection/);
      assert.equal(listeners(controller.signal), 0);
    }
    await client.stop();
  });

  it('is not sent when the connection is there', async (t) => {
    const held = deferred();
    const leader = await rawLeader(t, async (peer) => {
      await held.promise;
      await acceptRegistration(peer);
    });
    const { calls, client } = await call(t, [leader.info]);
    const controller = new AbortController();
    const cancelled = failure(calls.f.with({ signal: controller.signal })(null, 'cancelled'));
    calls.f(null, 'kept').catch(() => {});
    controller.abort();
    await cancelled;
    held.resolve();
    const peer = await leader.connection();
    const { body } = await peer.next('invoke');
    assert.match(body.toString('latin1'), /kept/);
    assert.equal(peer.packets.filter(({ head }) => head.type === 'invoke').length, 1);
    await client.stop(true);
  });
});

describe('a call with a signal, aborted after it was sent', () => {
  it('settles at once, and the peer is told which request nobody waits for', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(response(id, { type: 'register_channel_res', ext: CANCEL_EXT }, stock({ success: true })));
    });
    const { calls, client } = await call(t, [leader.info]);
    const controller = new AbortController();
    const waiting = failure(calls.f.with({ signal: controller.signal })(null));
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    controller.abort(STOP);
    const error = await waiting;
    assert.deepEqual([error.code, error.delivery, error.cause], ['ERR_RPC_CANCELLED', 'unknown', STOP]);
    assert.equal(error.message, 'user.service.f on test-1: cancelled while waiting for the answer');
    const cancel = await peer.next('cancel');
    assert.deepEqual([cancel.kind, cancel.id, cancel.head, cancel.body.length], [0, id, { type: 'cancel' }, 0]);
    peer.write(response(id, { type: 'invoke_result', success: true, results: 0 })); // too late: nobody minds
    const next = calls.f(null);
    const second = await peer.next('invoke');
    peer.write(response(second.id, { type: 'invoke_result', success: true, results: 0 }));
    await next;
    assert.equal(listeners(controller.signal), 0);
    await client.stop();
  });

  it('is not told to a peer that did not announce it', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info]);
    const controller = new AbortController();
    const waiting = failure(calls.f.with({ signal: controller.signal })(null));
    const peer = await leader.connection();
    await peer.next('invoke');
    controller.abort();
    assert.equal((await waiting).delivery, 'unknown');
    const timedOut = await failure(calls.f.with({ timeout: 20 })(null));
    assert.equal(timedOut.code, 'ERR_RPC_TIMEOUT');
    calls.f(null).catch(() => {});
    await until(() => peer.packets.filter(({ head }) => head.type === 'invoke').length === 3, { what: 'all calls' });
    assert.deepEqual(
      peer.packets.filter(({ head }) => head.type === 'cancel'),
      [],
    );
  });

  it('is told also when the deadline passes', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(response(id, { type: 'register_channel_res', ext: CANCEL_EXT }, stock({ success: true })));
    });
    const { calls } = await call(t, [leader.info]);
    const error = await failure(calls.f.with({ timeout: 500 })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    assert.equal((await peer.next('cancel')).id, id);
  });

  it('makes room on a full connection', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: (name: string) => gate.pass(name) });
    const { calls } = await call(t, [served], { maxInFlight: 1 });
    const controller = new AbortController();
    const first = failure(calls.f.with({ signal: controller.signal })(null, 'first'));
    const second = calls.f(null, 'second');
    await gate.arrivals(1);
    controller.abort();
    assert.equal((await first).code, 'ERR_RPC_CANCELLED');
    await gate.arrivals(2);
    gate.open();
    assert.equal(await second, 'second');
  });

  it('ends it in the after filters too, when its answer is there', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    const { calls, client } = await call(t, [served]);
    const controller = new AbortController();
    client.after(() => {
      setImmediate(() => controller.abort(STOP));
      return FOREVER();
    });
    const error = await failure(calls.f.with({ signal: controller.signal })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CANCELLED', 'answered']);
    assert.equal(listeners(controller.signal), 0);
    await client.stop();
  });

  it('ends every call of a broadcast, and every callback is called', async (t) => {
    const gate = makeGate();
    const one = await serve(t, { f: () => gate.pass() });
    const two = await serve(t, { f: () => gate.pass() }, { id: 'test-2' });
    const { calls } = await call(t, [one, two]);
    const controller = new AbortController();
    const outcomes = calls.f.with({ signal: controller.signal }).toServer('*');
    const told = deferred<Error | null>();
    calls.f.with({ signal: controller.signal })(null, (error: Error | null) => told.resolve(error));
    await gate.arrivals(3);
    controller.abort();
    const codes = (await outcomes).map(({ reason }: { reason: { code: string } }) => reason.code);
    assert.deepEqual(codes, ['ERR_RPC_CANCELLED', 'ERR_RPC_CANCELLED']);
    assert.equal(((await told.promise) as { code?: string }).code, 'ERR_RPC_CANCELLED');
  });
});

describe('one signal for many calls', () => {
  it('has one listener while they wait, none when they have settled, and makes no warning', async (t) => {
    expectNoLeaks(t);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    t.after(() => process.removeListener('warning', onWarning));
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass(), quick: () => 1 });
    const { calls } = await call(t, [served]);
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) await calls.quick.with({ signal })(null);
    assert.equal(listeners(signal), 0, 'after calls one by one');
    const many = Array.from({ length: 2_000 }, () => calls.f.with({ signal })(null));
    await gate.arrivals(2_000);
    assert.equal(listeners(signal), 1, 'while they wait');
    gate.open();
    await Promise.all(many);
    assert.equal(listeners(signal), 0, 'after all of them');
    assert.deepEqual(warnings, []);
  });

  it('cancels all that have not settled, each once, and no other', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass('answered') });
    const { calls } = await call(t, [served]);
    const controller = new AbortController();
    const many = Array.from({ length: 500 }, () => failure(calls.f.with({ signal: controller.signal })(null)));
    const other = calls.f(null);
    await gate.arrivals(501);
    controller.abort(STOP);
    for (const error of await Promise.all(many))
      assert.deepEqual([error.code, error.cause], ['ERR_RPC_CANCELLED', STOP]);
    gate.open();
    assert.equal(await other, 'answered');
  });

  it('is refused where it is none', async (t) => {
    const served = await serve(t, { f() {} });
    const { calls } = await call(t, [served]);
    for (const signal of [null, 'signal', {}, { aborted: false }])
      assert.throws(() => calls.f.with({ signal }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    await calls.f.with({ signal: undefined })(null);
  });
});

describe('a one-way call', () => {
  it('is cancelled while it waits, and not once it was sent', async (t) => {
    const gate = makeGate();
    const seen: unknown[] = [];
    const note = (aborted: unknown) => void seen.push(aborted);
    const served = await serve(t, {
      async f() {
        const signal = callContext()?.signal;
        await gate.pass();
        note(signal?.aborted);
      },
    });
    const { calls } = await call(t, [served]);
    const controller = new AbortController();
    const unsent = calls.f.with({ signal: controller.signal }).oneway(null);
    controller.abort();
    assert.equal((await failure(unsent)).code, 'ERR_RPC_CANCELLED');
    const later = new AbortController();
    await calls.f.with({ signal: later.signal }).oneway(null);
    await gate.arrivals(1);
    later.abort();
    gate.open();
    await until(() => seen.length > 0, { what: 'the one-way call to end' });
    assert.equal(seen[0], false);
  });
});

overTransports((transport) => {
  it('a cancel aborts the context of the method, whose answer is dropped', async (t) => {
    expectNoLeaks(t);
    const aborted = deferred<unknown>();
    const served = await serve(
      t,
      {
        async f() {
          const signal = callContext()?.signal as AbortSignal;
          if (!signal.aborted) await untilEvent(signal as never, 'abort', { what: 'the abort' });
          aborted.resolve(signal.reason);
          return 'nobody waits for this';
        },
        g: () => 'g',
      },
      { transport },
    );
    const { calls } = await call(t, [served]);
    await calls.g(null);
    const controller = new AbortController();
    const waiting = failure(calls.f.with({ signal: controller.signal })(null));
    setImmediate(() => controller.abort());
    await waiting;
    const reason = (await aborted.promise) as { code: string; name: string };
    assert.deepEqual([reason.name, reason.code], ['RpcError', 'ERR_RPC_CANCELLED']);
    assert.equal(await calls.g(null), 'g');
  });
});
