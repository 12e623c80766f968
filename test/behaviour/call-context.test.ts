import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailedCall } from '../../index.js';
import { type CallContext, callContext } from '../../lib/call-context.js';
import type { ConnectedPeer } from '../../lib/server-info.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { call, deferred, failure, makeGate, overTransports, serve } from './support.js';

const invoke = (method: string, oneway = false) => ({ type: 'invoke', method, argLength: 0, oneway });

/** Resolves with the reason, whether it is aborted already or will be. */
async function abortOf(signal: AbortSignal): Promise<{ code: string }> {
  if (!signal.aborted) await untilEvent(signal as never, 'abort', { what: 'the abort' });
  return signal.reason;
}

describe('callContext()', () => {
  it('says at the top of a method who called, which method, with what meta, and until when', async (t) => {
    let seen: CallContext | undefined;
    const peers: ConnectedPeer[] = [];
    const served = await serve(t, {
      f() {
        seen = callContext();
        assert.equal(callContext(), seen, 'the same, each time');
      },
    });
    served.server.on('connection', (peer) => peers.push(peer));
    const { calls } = await call(t, [served]);
    const before = performance.now();
    await calls.f.with({ meta: { trace: 'x' }, timeout: 20_000 })(null);
    const after = performance.now();
    assert.ok(seen !== undefined);
    assert.equal(seen.method, 'user.service.f');
    assert.deepEqual(seen.meta, { trace: 'x' });
    const [connection] = peers;
    const identity = { proven: {}, claimed: {} };
    assert.deepEqual(seen.caller, { ...connection, connectionId: seen.caller?.id, identity });
    assert.ok(seen.deadline >= before + 10_000 && seen.deadline <= after + 20_001, String(seen.deadline));
    assert.ok(seen.remaining > 0 && seen.remaining <= 20_001, String(seen.remaining));
    assert.equal(seen.signal.aborted, false);
  });

  it('is undefined outside of a method, after its first await, and in its timers', async (t) => {
    const later: unknown[] = [];
    const served = await serve(t, {
      async f() {
        const atTheTop = callContext() !== undefined;
        await null;
        setTimeout(() => later.push(callContext()), 1);
        return [atTheTop, callContext()];
      },
      fails() {
        callContext();
        throw new Error('boom');
      },
    });
    const { calls } = await call(t, [served]);
    assert.deepEqual(await calls.f(null), [true, undefined]);
    await until(() => later.length > 0, { what: 'the timer' });
    assert.deepEqual(later, [undefined]);
    await failure(calls.fails(null));
    assert.equal(callContext(), undefined, 'also after a method that throws');
  });

  it('is there for callback-style methods, and behind rpcDebugLog', async (t) => {
    const methods: unknown[] = [];
    const service = {
      f(callback: (error: null) => void) {
        methods.push(callContext()?.method);
        callback(null);
      },
    };
    const served = await serve(t, service, { callbacks: true, rpcDebugLog: true });
    const { calls } = await call(t, [served]);
    await calls.f(null);
    assert.deepEqual(methods, ['user.service.f']);
  });
});

overTransports((transport) => {
  it('the context aborts when the caller’s connection ends', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const reasons: Promise<{ code: string }>[] = [];
    const served = await serve(
      t,
      {
        f() {
          reasons.push(abortOf(callContext()?.signal as AbortSignal));
          return gate.pass();
        },
      },
      { transport },
    );
    const { calls, client } = await call(t, [served]);
    const waiting = failure(calls.f(null));
    await gate.arrivals(1);
    await client.stop(true);
    await waiting;
    assert.equal((await (reasons[0] as Promise<{ code: string }>)).code, 'ERR_RPC_CONNECTION_LOST');
    gate.open();
  });
});

describe('the signal of a context', () => {
  it('does not abort for a one-way call whose caller has gone', async (t) => {
    const gate = makeGate();
    const seen: boolean[] = [];
    const served = await serve(t, {
      async f() {
        const signal = callContext()?.signal as AbortSignal;
        await gate.pass();
        seen.push(signal.aborted);
      },
    });
    const closed = untilEvent(served.server, 'disconnection', { what: 'the caller to go' });
    const { calls, client } = await call(t, [served]);
    await calls.f.oneway(null);
    await gate.arrivals(1);
    await client.stop(true);
    await closed;
    gate.open();
    await until(() => seen.length === 1, { what: 'the method to end' });
    assert.deepEqual(seen, [false]);
  });

  it('aborts at the deadline although no cancel comes, as with a stock caller', async (t) => {
    expectNoLeaks(t);
    const aborted = deferred<{ code: string }>();
    const startedAt = deferred<number>();
    const served = await serve(t, {
      async f() {
        startedAt.resolve(performance.now());
        aborted.resolve(await abortOf(callContext()?.signal as AbortSignal));
        return 'late';
      },
    });
    const peer = await registeredCaller(t, served.port);
    const sentAt = performance.now();
    peer.write(request(2, invoke('user.service.f'), undefined, 40));
    assert.equal((await aborted.promise).code, 'ERR_RPC_TIMEOUT');
    assert.ok(performance.now() - sentAt >= 40, 'and not before');
    assert.equal(
      (await peer.next('invoke_result')).head.success,
      true,
      'an answer that comes late is sent all the same',
    );
  });

  it('is aborted already when it is first asked for after the cancel', async (t) => {
    const gate = makeGate();
    const reason = deferred<unknown>();
    const served = await serve(t, {
      async f() {
        const context = callContext();
        await gate.pass();
        reason.resolve(context?.signal.reason);
      },
      unwatched: () => gate.pass('dropped'),
      g: () => 'g',
    });
    const peer = await registeredCaller(t, served.port);
    peer.write(request(2, invoke('user.service.f')), request(3, invoke('user.service.unwatched')));
    await gate.arrivals(2);
    peer.write(request(2, { type: 'cancel' }), request(3, { type: 'cancel' }), request(99, { type: 'cancel' }));
    peer.write(request(99, invoke('user.service.g')));
    await peer.next('invoke_result');
    gate.open();
    assert.equal(((await reason.promise) as { code: string }).code, 'ERR_RPC_CANCELLED');
    peer.write(request(3, invoke('user.service.g')), request(5, invoke('user.service.g')));
    await until(() => peer.packets.some(({ id }) => id === 5), { what: 'the last answer' });
    const answered = peer.packets.filter(({ head }) => head.type === 'invoke_result').map(({ id }) => id);
    assert.deepEqual(
      answered,
      [99, 3, 5],
      'the answers of the cancelled ones are dropped, and a new call may have their id',
    );
    assert.equal(peer.isClosed, false);
  });
});

describe('a call whose time is over', () => {
  it('is not started, and its caller hears that it was not', async (t) => {
    let started = 0;
    let deadline: number | undefined;
    const served = await serve(t, {
      block() {
        const end = performance.now() + 50;
        while (performance.now() < end);
      },
      f() {
        started += 1;
        deadline = callContext()?.deadline;
      },
    });
    const peer = await registeredCaller(t, served.port);
    // In one piece: the second has waited for the first when its turn comes.
    const both = [request(2, invoke('user.service.block')), request(3, invoke('user.service.f'), undefined, 20)];
    peer.write(Buffer.concat([...both, request(4, invoke('user.service.f', true), undefined, 20)]));
    await peer.next('invoke_result');
    const refusal = await peer.next('invoke_result');
    assert.deepEqual([refusal.id, refusal.head.code, started], [3, 'ERR_RPC_TIMEOUT', 0]);
    assert.match(
      served.log.join('\n'),
      /dropped a one-way call of "user\.service\.f" from .*: the deadline passed before/,
    );
    peer.write(request(5, invoke('user.service.f'), undefined, 0));
    // A packet that says 0 is given 1 ms, which may be over before the call is started.
    const { head } = await peer.next('invoke_result');
    assert.equal(started, head.code === 'ERR_RPC_TIMEOUT' ? 0 : 1);
    assert.ok((deadline ?? 0) <= performance.now() + 2, `${deadline}`);
  });
});

describe('asyncContext', () => {
  it('keeps the context across awaits, timers and callbacks, for each call its own', async (t) => {
    const gate = makeGate();
    const served = await serve(
      t,
      {
        async f() {
          await gate.pass();
          await sleep(1);
          return await new Promise((resolve) => {
            setImmediate(() => resolve(callContext()?.meta));
          });
        },
      },
      { asyncContext: true },
    );
    const { calls } = await call(t, [served]);
    const metas = ['a', 'b', 'c'];
    const results = metas.map((meta) => calls.f.with({ meta })(null));
    await gate.arrivals(3);
    gate.open();
    assert.deepEqual(await Promise.all(results), metas);
    assert.equal(callContext(), undefined);
  });

  /** `front` calls `back` in a server of its own, from within its method. */
  async function chain(t: Parameters<typeof serve>[0], asyncContext: boolean, back: object) {
    const behind = await serve(t, back, { id: 'back-1' });
    const inner = await call(t, [behind]);
    const front = await serve(
      t,
      {
        async viaDefault() {
          await sleep(1);
          return await inner.calls.f(null);
        },
        async own() {
          await sleep(1);
          return await inner.calls.f.with({ timeout: 3_000 })(null);
        },
        background() {
          const done = sleep(1).then(() => inner.calls.f(null));
          done.then(background.resolve, background.reject);
          return 'answered';
        },
      },
      { asyncContext },
    );
    const background = deferred<unknown>();
    return { ...(await call(t, [front])), background, inner };
  }

  it('lets a method’s own calls inherit what is left of the deadline, if that is less', async (t) => {
    const left: number[] = [];
    const back = { f: () => left.push(callContext()?.remaining as number) };
    const { calls, background } = await chain(t, true, back);
    await calls.viaDefault.with({ timeout: 5_000 })(null);
    await calls.own.with({ timeout: 5_000 })(null);
    assert.ok((left[0] as number) <= 5_001, `${left[0]} ms of 5000, and not of the client's 10 s`);
    assert.ok((left[1] as number) <= 3_001, `${left[1]} ms of its own 3000`);
    assert.equal(await calls.background.with({ timeout: 5_000 })(null), 'answered');
    await background.promise;
    assert.ok((left[2] as number) > 5_001, `${left[2]} ms: what goes on after the answer is on its own`);
  });

  it('does not without the option', async (t) => {
    const left: number[] = [];
    const { calls } = await chain(t, false, { f: () => left.push(callContext()?.remaining as number) });
    await calls.viaDefault.with({ timeout: 5_000 })(null);
    assert.ok((left[0] as number) > 5_001, String(left[0]));
  });

  it('cancels a method’s own calls when its caller cancels it, and does not start them when no time is left', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const reason = deferred<{ code: string }>();
    const back = {
      async f() {
        const { signal } = callContext() as CallContext;
        void gate.pass();
        reason.resolve(await abortOf(signal));
      },
    };
    const { calls } = await chain(t, true, back);
    const controller = new AbortController();
    const waiting = failure(calls.viaDefault.with({ signal: controller.signal })(null));
    await gate.arrivals(1);
    controller.abort();
    assert.equal((await waiting).code, 'ERR_RPC_CANCELLED');
    assert.equal((await reason.promise).code, 'ERR_RPC_CANCELLED');
    gate.open();
  });

  it('has no log line for a method whose own call was cancelled since its caller waits no more', async (t) => {
    const gate = makeGate();
    const back = await serve(t, { f: () => gate.pass() }, { id: 'back-1' });
    const inner = await call(t, [back]);
    // At the deadline of the caller the inner call's own timer may be first: there the inner call is made when the caller has left.
    let isLate = false;
    const callOn = async () => {
      const { signal } = callContext() as CallContext;
      if (isLate) {
        void gate.pass();
        await abortOf(signal);
      }
      await inner.calls.f(null);
    };
    const gone = { passes: callOn, wraps: () => callOn().catch(wrapped), breaks: broken };
    async function wrapped(cause: unknown) {
      throw new Error('no order', { cause });
    }
    async function broken() {
      await callOn().catch(() => {});
      throw new Error('the clean-up failed');
    }
    const front = await serve(t, gone, { asyncContext: true });
    const failures: FailedCall[] = [];
    front.server.on('callFailed', (failed) => failures.push(failed));
    for (const ends of ['its deadline', 'its cancel', 'its connection']) {
      const { calls, client } = await call(t, [front]);
      const controller = new AbortController();
      const options = ends === 'its deadline' ? { timeout: 300 } : { signal: controller.signal };
      const before = gate.arrived;
      isLate = ends === 'its deadline';
      const made = ['passes', 'wraps', 'breaks'].map((name) => failure(calls[name].with(options)(null)));
      await gate.arrivals(before + 3);
      if (ends === 'its cancel') controller.abort();
      if (ends === 'its connection') await client.stop(true);
      await Promise.all(made);
      await until(() => failures.length === 3, { what: `the failures after ${ends}` });
      const told = failures.splice(0).map(({ method, expected }) => `${method.split('.').at(-1)} ${expected}`);
      assert.deepEqual(told.sort(), ['breaks false', 'passes true', 'wraps true'], ends);
    }
    const logged = front.log.filter((line) => line.includes('failed:'));
    assert.match(logged.join('\n'), /user\.service\.breaks, called by .*, failed: Error: the clean-up failed/);
    assert.doesNotMatch(logged.join('\n'), /passes|wraps|cancelled/);
    gate.open();
  });

  it('fails a call that has no time left, unsent', async (t) => {
    let called = 0;
    const back = await serve(t, { f: () => called++ }, { id: 'back-1' });
    const inner = await call(t, [back]);
    const failed = deferred<unknown>();
    const front = await serve(
      t,
      {
        async f() {
          const { remaining } = callContext() as CallContext;
          await sleep(remaining + 100); // its caller, which looks every few ms, has given up by then
          const error = await failure(inner.calls.f(null));
          failed.resolve(error);
          throw error;
        },
      },
      { asyncContext: true },
    );
    const seen: boolean[] = [];
    front.server.on('callFailed', ({ expected }) => seen.push(expected));
    const { calls } = await call(t, [front]);
    await failure(calls.f.with({ timeout: 500 })(null));
    const error = (await failed.promise) as { code: string; delivery: string; message: string };
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'not-sent']);
    assert.match(error.message, /no time is left to user\.service\.f, as a part of which it was called/);
    await until(() => seen.length > 0, { what: 'the end of the method' });
    assert.deepEqual(
      [seen, front.log.filter((line) => line.includes('failed:'))],
      [[true], []],
      'and nothing has failed',
    );
    assert.equal(called, 0);
  });

  it('does not run into what outlives the call in which it began: the connection that it opened', async (t) => {
    const back = await serve(t, { f: () => 1 }, { id: 'back-1' });
    const inner = await call(t, [back]);
    const seen: unknown[] = [];
    inner.client.on('mailbox', (_id, to) => void (to === 'backoff' && seen.push(callContext())));
    const front = await serve(t, { f: async () => await inner.calls.f(null) }, { asyncContext: true });
    const { calls } = await call(t, [front]);
    await calls.f(null);
    await back.server.stop(true);
    await until(() => seen.length > 0, { what: 'the lost connection' });
    assert.deepEqual(seen[0], undefined);
  });
});
