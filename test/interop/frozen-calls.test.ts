import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { CallContext } from '../../index.js';
import { VALUES } from '../behaviour/fixtures/values.js';
import {
  type Calling,
  call,
  deferred,
  failure,
  makeGate,
  overTransports,
  type Served,
  serve,
} from '../behaviour/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { inBothRoles } from './frozen-roles.js';

const FOREVER = () => new Promise<never>(() => {});
const outcome = ({ code, delivery }: { code: string; delivery: unknown }) => [code, delivery];

await inBothRoles(({ serving, calling }) => {
  overTransports((transport) => {
    type Options = Parameters<typeof serve>[2];
    type Pair = Served & Calling;

    async function pair(t: TestContext, service: object, options: Options = {}): Promise<Pair> {
      expectNoLeaks(t);
      const served = await serve(t, service, { transport, ...options }, serving.createServer);
      return { ...served, ...(await call(t, [served], {}, calling.createClient)) };
    }

    /** A service that hands over the context of each call, and never answers. */
    function held(): { readonly service: object; readonly started: Promise<CallContext> } {
      const { promise, resolve } = deferred<CallContext>();
      const f = () => {
        resolve(serving.callContext() as CallContext);
        return FOREVER();
      };
      return { service: { f }, started: promise };
    }

    it('values of all kinds arrive as they were sent, in both directions', async (t) => {
      const seen: unknown[] = [];
      const echo = (...args: unknown[]) => {
        seen.push(args);
        return args;
      };
      const { calls } = await pair(t, { echo });
      for (const [what, value] of Object.entries(VALUES)) {
        assert.deepEqual(await calls.echo(null, value, what), [value, what], what);
        assert.deepEqual(seen.pop(), [value, what], what);
      }
      assert.deepEqual(await calls.echo(null), []);
      const sent = Object.assign(new RangeError('boom', { cause: new TypeError('why') }), { code: 'E_BOOM' });
      const [got] = await calls.echo(null, sent);
      assert.ok(got instanceof RangeError);
      assert.deepEqual(
        [got.message, (got as Error & { code: string }).code, (got.cause as Error).name],
        ['boom', 'E_BOOM', 'TypeError'],
      );
    });

    it('a callback gets every result', async (t) => {
      type Callback = (...results: unknown[]) => void;
      const f = (n: number, answer: Callback) => answer(null, n, undefined, { n }, [n]);
      const { calls } = await pair(t, { f }, { callbacks: true });
      const results = await new Promise((resolve) => calls.f(null, 1, (...given: unknown[]) => resolve(given)));
      assert.deepEqual(results, [null, 1, undefined, { n: 1 }, [1]]);
      assert.equal(await calls.f(null, 2), 2, 'a promise gets the first');
    });

    it('an error of the method has its name, message and code', async (t) => {
      const boom = () => Promise.reject(Object.assign(new RangeError('boom'), { code: 'E_BOOM' }));
      const { calls } = await pair(t, { boom }, { exposeStack: true });
      const error = await failure(calls.boom(null));
      assert.deepEqual(outcome(error), ['ERR_RPC_REMOTE', 'answered']);
      const { name, message, code, stack } = error.cause as RangeError & { code: string };
      assert.deepEqual([name, message, code], ['RangeError', 'boom', 'E_BOOM']);
      assert.match(String(stack), /boom.*frozen-calls\.test/s, 'the stack of the method');
    });

    it('a refused call has the code and how far it got', async (t) => {
      const gate = makeGate();
      const { calls } = await pair(t, { f: () => gate.pass() }, { maxConcurrent: 1, maxQueued: 0 });
      const running = calls.f(null);
      await gate.arrivals(1);
      assert.deepEqual(outcome(await failure(calls.f(null))), ['ERR_RPC_OVERLOADED', 'not-sent']);
      gate.open();
      await running;
      assert.deepEqual(outcome(await failure(calls.absent(null))), ['ERR_RPC_NO_METHOD', 'answered']);
    });

    it('the meta travels beside the arguments, and the context knows caller and deadline', async (t) => {
      const f = (...args: unknown[]) => {
        const { meta, method, caller, remaining } = serving.callContext() as CallContext;
        return { args, meta, method, hasCaller: caller !== undefined, isInTime: remaining > 0 && remaining < 5_001 };
      };
      const { calls } = await pair(t, { f });
      const common = { method: 'user.service.f', hasCaller: true, isInTime: true };
      const meta = { trace: 'abc', at: new Date(5) };
      const seen = await calls.f.with({ meta, timeout: 5_000 })(null, 1, 2);
      assert.deepEqual(seen, { args: [1, 2], meta, ...common });
      assert.deepEqual(await calls.f.with({ timeout: 5_000 })(null), { args: [], meta: undefined, ...common });
    });

    it('one-way calls arrive, in order', async (t) => {
      const seen: number[] = [];
      const { calls } = await pair(t, { note: (n: number) => void seen.push(n), last: () => seen });
      for (const n of [1, 2, 3]) calls.note.oneway(null, n);
      assert.deepEqual(await calls.last(null), [1, 2, 3]);
    });

    it('an aborted call is cancelled in its method', async (t) => {
      const { service, started } = held();
      const { calls } = await pair(t, service);
      const controller = new AbortController();
      const cancelled = failure(calls.f.with({ signal: controller.signal })(null));
      const { signal } = await started;
      controller.abort();
      assert.deepEqual(outcome(await cancelled), ['ERR_RPC_CANCELLED', 'unknown']);
      await until(() => signal.aborted, { what: 'the method to be notified' });
      assert.equal(signal.reason.code, 'ERR_RPC_CANCELLED');
    });

    it('a late call is reported by the server before its deadline', async (t) => {
      const { service, started } = held();
      const { calls } = await pair(t, service);
      const error = await failure(calls.f.with({ timeout: 1_000 })(null));
      assert.deepEqual(outcome(error), ['ERR_RPC_TIMEOUT', 'unknown']);
      assert.equal(error.timing?.server?.isRunning, true, error.message);
      const { signal } = await started;
      await until(() => signal.aborted, { what: 'the deadline in the method' });
      // The server's own clock, or the caller that gives up: whichever is first.
      assert.match(signal.reason.code, /^ERR_RPC_(?:TIMEOUT|CANCELLED)$/);
    });

    it('a server that stops answers what is in flight, and its successor gets the next calls', async (t) => {
      const gate = makeGate();
      const { calls, moves, server, port } = await pair(t, { f: () => gate.pass('first') });
      const inFlight = [calls.f(null), calls.f(null)];
      await gate.arrivals(2);
      const stopped = server.stop();
      await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
      const waiting = calls.f(null);
      await serve(t, { f: () => 'second' }, { transport, port }, serving.createServer);
      assert.equal(await waiting, 'second');
      gate.open();
      assert.deepEqual(await Promise.all(inFlight), ['first', 'first']);
      await stopped;
    });

    it('a connection that is lost fails the call in flight as possibly executed', async (t) => {
      const { service, started } = held();
      const { calls, server } = await pair(t, service);
      const lost = failure(calls.f(null));
      await started;
      await server.stop(true);
      assert.deepEqual(outcome(await lost), ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    });

    it('megabytes travel in both directions', async (t) => {
      const { calls } = await pair(t, { echo: (value: unknown) => value });
      const value = { text: 'mailbox '.repeat(2 ** 17), bytes: Buffer.alloc(2 ** 20, 'mailbox') };
      assert.deepEqual(await calls.echo(null, value), value);
    });
  });
});
