import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import type { FailedCall } from '../../index.js';
import type { ConnectedPeer } from '../../lib/server-info.js';
import type { ServerOptions } from '../../server.js';
import { listOf, request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { follow, lead } from './sharing.js';
import { call, deferred, failure, makeGate, overTransports, serve } from './support.js';

type Authorize = NonNullable<ServerOptions['authorize']>;
const outcome = ({ code, delivery }: { code: string; delivery: unknown }) => [code, delivery];
const FORBIDDEN = ['ERR_RPC_FORBIDDEN', 'not-sent'];
/** A function of the user, whatever it returns. */
const answering = (answer: unknown) => (() => answer) as Authorize;

overTransports((transport) => {
  describe('authorize of a server', () => {
    it('is asked with the caller and the method, and admits only for true', async (t) => {
      expectNoLeaks(t);
      const asked: [ConnectedPeer, string][] = [];
      const authorize: Authorize = (caller, method) => {
        asked.push([caller, method]);
        return method === 'user.service.f';
      };
      const served = await serve(t, { f: () => 'f', g: () => 'g' }, { transport, authorize });
      const { calls } = await call(t, [served], { clientId: 'web-7' });
      assert.equal(await calls.f(null), 'f');
      const refused = await failure(calls.g(null));
      assert.deepEqual(outcome(refused), FORBIDDEN);
      assert.equal(
        refused.message,
        'user.service.g on test-1: authorize of the server does not let this caller call this method',
      );
      assert.deepEqual(
        asked.map(([{ id, ip }, method]) => [id, ip, method]),
        [
          ['web-7', '127.0.0.1', 'user.service.f'],
          ['web-7', '127.0.0.1', 'user.service.g'],
        ],
      );
      const line =
        /refused a call of "user\.service\.g" from (ws:\/\/)?127\.0\.0\.1:\d+: authorize of the server does not/;
      assert.match(served.log.join('\n'), line);
    });

    it('may answer with a promise, while other calls go on', async (t) => {
      expectNoLeaks(t);
      const answers = new Map<string, ReturnType<typeof deferred<boolean>>>();
      const authorize: Authorize = (_caller, method) => {
        if (method === 'user.service.free') return true;
        const answer = deferred<boolean>();
        answers.set(method, answer);
        return answer.promise;
      };
      const service = { f: (...args: unknown[]) => args, g: () => 'g', free: () => 'free' };
      const served = await serve(t, service, { transport, authorize });
      const { calls } = await call(t, [served]);
      const args = [1, 'two', Buffer.alloc(100_000, 3), { four: [new Date(5)] }];
      const [f, g] = [calls.f(null, ...args), failure(calls.g(null))];
      await until(() => answers.size === 2, { what: 'both questions' });
      // The bytes of the frames that wait were in a buffer that the next calls use again.
      for (let i = 0; i < 20; i++) assert.equal(await calls.free(null, Buffer.alloc(100_000, i)), 'free');
      answers.get('user.service.g')?.resolve(false);
      assert.deepEqual(outcome(await g), FORBIDDEN);
      answers.get('user.service.f')?.resolve(true);
      assert.deepEqual(await f, args);
    });
  });
});

describe('the caller that authorize gets', () => {
  it('has the identity that the caller has proven', async (t) => {
    const secret = { name: 'backend', value: 'a secret of more than sixteen bytes' };
    const authorize: Authorize = ({ identity }) =>
      identity?.proven.secret === 'backend' && identity.proven.token === 'ADA' && identity.claimed.clientId === 'web-7';
    const authenticate = (token: unknown) => String(token).toUpperCase();
    const served = await serve(t, { f: () => 'f' }, { authorize, secret, authenticate });
    const { calls } = await call(t, [served], { secret: secret.value, auth: 'ada', clientId: 'web-7' });
    assert.equal(await calls.f(null), 'f');
    const other = await call(t, [served], { secret: secret.value, auth: 'bob', clientId: 'web-7' });
    assert.equal((await failure(other.calls.f(null))).code, 'ERR_RPC_FORBIDDEN');
  });
});

describe('the caller of a relayed call', () => {
  it('has the name of the client that calls, and what the process that relays has proven', async (t) => {
    expectNoLeaks(t);
    const secret = 'a secret of more than sixteen bytes';
    const asked: unknown[] = [];
    const authorize: Authorize = async ({ id, identity }, method) => {
      asked.push([id, identity?.proven.secret, identity?.claimed.clientId]);
      return method.endsWith('.f');
    };
    const served = await serve(t, { f: () => 'f', g: () => 'g' }, { authorize, secret });
    const port = await freePort();
    await lead(t, port, [served], { clientId: 'web-1', secret });
    const { calls } = await follow(t, port, [served], { clientId: 'web-2', secret });
    assert.equal(await calls.f(null), 'f');
    assert.deepEqual(outcome(await failure(calls.g(null))), FORBIDDEN);
    assert.deepEqual(asked, [
      ['web-2', 'default', 'web-2'],
      ['web-2', 'default', 'web-2'],
    ]);
  });
});

describe('a request that waits for authorize', () => {
  it('keeps its bytes, whatever arrives after it', async (t) => {
    const answers: ReturnType<typeof deferred<boolean>>[] = [];
    const authorize: Authorize = () => {
      const answer = deferred<boolean>();
      answers.push(answer);
      return answer.promise;
    };
    const served = await serve(t, { f: (text: string) => text }, { authorize });
    const peer = await registeredCaller(t, served.port);
    const texts = ['one', 'two', 'six'];
    for (const [at, text] of texts.entries()) {
      const body = listOf(Buffer.from(JSON.stringify(text)));
      const bytes = request(at + 2, { type: 'invoke', method: 'user.service.f', argLength: 1 }, body);
      // A frame in two pieces lies in a buffer of the connection, which the next such frame uses again.
      peer.write(request(at + 100, { type: 'heartbeat' }), bytes.subarray(0, 40));
      await peer.next('heartbeat_res');
      peer.write(bytes.subarray(40));
      await until(() => answers.length === at + 1, { what: 'the question' });
    }
    for (const answer of answers) answer.resolve(true);
    for (const text of texts) assert.match(String((await peer.next('invoke_result')).body), new RegExp(text));
  });
});

describe('authorize that answers something else', () => {
  const odd: readonly unknown[] = [
    undefined,
    null,
    0,
    1,
    'true',
    {},
    [true],
    Promise.resolve(1),
    Promise.resolve(),
    () => true,
  ];
  for (const answer of odd) {
    it(`refuses the call: ${answer instanceof Promise ? 'a promise' : JSON.stringify(answer)}`, async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: () => 'f' }, { authorize: answering(answer) });
      const { calls } = await call(t, [served]);
      assert.deepEqual(outcome(await failure(calls.f(null))), FORBIDDEN);
      const line =
        /refused a call of "user\.service\.f" from 127\.0\.0\.1:\d+: authorize must return true or false, or a promise of one of them, and returned /;
      assert.match(served.log[1] ?? '', line);
      assert.equal(served.log.length, 2, 'one line is enough');
    });
  }

  const thenThrows = Object.defineProperty({}, 'then', {
    get() {
      throw new Error('no then');
    },
  });
  const failing: readonly [string, () => unknown][] = [
    ['throws', () => assert.fail('boom')],
    ['throws nothing', () => Promise.reject(undefined)],
    ['rejects', () => Promise.reject(new Error('boom'))],
    ['returns an object that cannot be awaited', () => thenThrows],
  ];
  for (const [name, authorize] of failing) {
    it(`refuses the call when it ${name}, and keeps the reason in the log`, async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: () => 'f' }, { authorize: authorize as Authorize });
      const { calls } = await call(t, [served]);
      const error = await failure(calls.f(null));
      assert.deepEqual(outcome(error), FORBIDDEN);
      assert.equal(
        error.message,
        'user.service.f on test-1: authorize of the server failed; the log of the server has the reason',
      );
      assert.doesNotMatch(JSON.stringify(error), /boom|no then/);
      assert.match(served.log[1] ?? '', /refused a call of "user\.service\.f" from .*: authorize failed: /);
      assert.equal(served.log.length, 2);
    });
  }

  it('does so for hundreds of calls with a line a second', async (t) => {
    const served = await serve(t, { f: () => 'f' }, { authorize: () => Promise.reject(new Error('boom')) });
    const { calls } = await call(t, [served], { timeout: 60_000 });
    const startedAt = performance.now();
    const codes = await Promise.all(Array.from({ length: 500 }, async () => (await failure(calls.f(null))).code));
    assert.deepEqual([...new Set(codes)], ['ERR_RPC_FORBIDDEN']);
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(served.log.length <= seconds + 3, `${served.log.length} lines in ${seconds} s`);
  });
});

describe('authorize that does not answer', () => {
  const hangs: Authorize = (_caller, method) => method === 'user.service.free' || new Promise(() => {});

  it('holds a call until its deadline, and harms no other', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 'f', free: () => 'free' }, { authorize: hangs });
    const [one, other] = [await call(t, [served]), await call(t, [served])];
    await one.calls.free(null);
    const held = failure(
      one.client.rpcInvoke('test-1', { namespace: 'user', service: 'service', method: 'f', args: [] }),
    );
    const late = failure(one.calls.f.with({ timeout: 2_000 })(null)); // enough to reach the server
    for (let i = 0; i < 50; i++) assert.equal(await other.calls.free(null), 'free');
    const error = await late;
    assert.equal(error.code, 'ERR_RPC_TIMEOUT');
    await until(() => served.log.length > 1, { what: 'the line of the server' });
    assert.match(
      served.log[1] ?? '',
      /refused a call of "user\.service\.f" from .*: authorize of the server did not answer in \d+ ms, the time that the call had$/,
    );
    await one.client.stop(true);
    await held;
  });

  it('holds a call no longer than handshakeTimeout', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 'f' }, { authorize: hangs, handshakeTimeout: 200 });
    const { calls } = await call(t, [served], { timeout: 60_000 });
    const error = await failure(calls.f(null));
    assert.deepEqual(outcome(error), ['ERR_RPC_TIMEOUT', 'not-sent']);
    assert.equal(
      error.message.replace(/ \(.*/, ''),
      'user.service.f on test-1: authorize of the server did not answer in 200 ms, the handshakeTimeout',
    );
  });

  it('holds at most maxCallsPerConnection calls of a connection', async (t) => {
    const served = await serve(t, { f: () => 'f' }, { authorize: hangs, maxCallsPerConnection: 3 });
    const peer = await registeredCaller(t, served.port);
    for (let id = 2; id < 12; id++) peer.write(request(id, { type: 'invoke', method: 'user.service.f', argLength: 0 }));
    const answers = await Promise.all(Array.from({ length: 7 }, () => peer.next('invoke_result')));
    assert.deepEqual([...new Set(answers.map(({ head }) => head.code))], ['ERR_RPC_OVERLOADED']);
    assert.match(String(answers[0]?.body), /3 of its calls are in progress/);
  });

  it('holds at most maxPartialBytes over all connections, and a share of them for one', async (t) => {
    const limits = { maxPartialBytes: 100_000, maxFrameBytes: 100_000 };
    const served = await serve(t, { f: () => 'f' }, { authorize: hangs, ...limits });
    let gone = 0;
    served.server.on('disconnection', () => {
      gone += 1;
    });
    const [greedy, small] = [await registeredCaller(t, served.port), await registeredCaller(t, served.port)];
    const body = listOf(Buffer.from(JSON.stringify('x'.repeat(8_000))));
    const calling = (id: number, bytes?: Buffer) =>
      request(id, { type: 'invoke', method: 'user.service.f', argLength: bytes === undefined ? 0 : 1 }, bytes);
    for (let id = 2; id < 12; id++) greedy.write(calling(id, body));
    const answer = await greedy.next('invoke_result');
    assert.equal(answer.head.code, 'ERR_RPC_OVERLOADED');
    assert.match(
      String(answer.body),
      /too many requests wait for authorize of the server: \d+ bytes of them .* 100000 over all/,
    );
    small.write(calling(2), request(3, { type: 'heartbeat' }));
    assert.equal((await small.next()).id, 3, 'the request of the other caller waits');
    const large = listOf(Buffer.from(JSON.stringify('x'.repeat(60_000))));
    small.write(calling(4, large));
    assert.equal((await small.next('invoke_result')).head.code, 'ERR_RPC_OVERLOADED');
    greedy.socket.destroy();
    await until(() => gone === 1, { what: 'the server to notice the end' });
    small.write(calling(5, large), request(6, { type: 'heartbeat' }));
    assert.equal((await small.next()).id, 6, 'the bytes of the other caller are free again');
  });

  it('drops one-way calls with a line', async (t) => {
    const served = await serve(t, { f: () => 'f', free: () => 1 }, { authorize: hangs, handshakeTimeout: 100 });
    const { calls } = await call(t, [served]);
    await calls.f.oneway(null);
    await until(() => served.log.length > 1, { what: 'the line' });
    assert.match(served.log[1] ?? '', /refused a call of "user\.service\.f" from .* did not answer in 100 ms/);
    assert.equal(await calls.free(null), 1);
  });

  it('forgets a call that the caller cancels, and the calls of a connection that ends', async (t) => {
    expectNoLeaks(t);
    let asked = 0;
    const authorize: Authorize = () => {
      asked += 1;
      return new Promise(() => {});
    };
    const served = await serve(t, { f: () => 'f' }, { authorize, maxCallsPerConnection: 1 });
    const peer = await registeredCaller(t, served.port);
    const calling = (id: number) => request(id, { type: 'invoke', method: 'user.service.f', argLength: 0 });
    peer.write(calling(2));
    await until(() => asked === 1, { what: 'the question' });
    peer.write(request(2, { type: 'cancel' }), calling(3));
    await until(() => asked === 2, { what: 'room for the next call' });
    assert.deepEqual(
      peer.packets.map(({ head }) => head.type),
      ['register_channel_res'],
      'no answer',
    );
    const stopped = served.server.stop(); // waits for the call that is held
    peer.socket.destroy();
    await stopped;
  });

  it('keeps a server that drains until the call is decided', async (t) => {
    expectNoLeaks(t);
    const answer = deferred<boolean>();
    const gate = makeGate();
    const authorize: Authorize = () => {
      void gate.pass();
      return answer.promise;
    };
    const served = await serve(t, { f: () => 'f' }, { authorize });
    const { calls } = await call(t, [served]);
    const result = calls.f(null);
    await gate.arrivals(1);
    const stopped = served.server.stop();
    answer.resolve(true);
    assert.equal(await result, 'f');
    await stopped;
  });
});

describe('a call that is refused by authorize', () => {
  it('is not decoded, and is reported as a failed call', async (t) => {
    const served = await serve(t, { f: () => 'f' }, { authorize: () => false });
    const failures: FailedCall[] = [];
    served.server.on('callFailed', (failed) => failures.push(failed));
    const peer = await registeredCaller(t, served.port);
    const undecodable = Buffer.from('no list at all');
    peer.write(request(2, { type: 'invoke', method: 'user.service.f', argLength: 1 }, undecodable));
    assert.equal((await peer.next('invoke_result')).head.code, 'ERR_RPC_FORBIDDEN');
    assert.deepEqual(
      failures.map(({ code, method, oneway, expected }) => [code, method, oneway, expected]),
      [['ERR_RPC_FORBIDDEN', 'user.service.f', false, false]],
    );
  });

  it('is not asked for where the method does not exist', async (t) => {
    const authorize: Authorize = () => assert.fail('it was asked');
    const served = await serve(t, { f: () => 'f' }, { authorize });
    const { calls } = await call(t, [served]);
    assert.equal((await failure(calls.g(null))).code, 'ERR_RPC_NO_METHOD');
  });

  it('is not tried again', async (t) => {
    let asked = 0;
    const authorize: Authorize = () => {
      asked += 1;
      return false;
    };
    const served = await serve(t, { f: () => 'f' }, { authorize });
    const other = await serve(t, { f: () => 'f' }, { authorize, id: 'test-2' });
    const { calls } = await call(t, [served, other], { failMode: 'failover' });
    assert.deepEqual(outcome(await failure(calls.f(null))), FORBIDDEN);
    assert.equal(asked, 1);
  });

  it('leaves a one-way call without an answer, and with a line', async (t) => {
    const served = await serve(t, { f: () => assert.fail('it ran') }, { authorize: () => false });
    const { calls } = await call(t, [served]);
    await calls.f.oneway(null);
    await until(() => served.log.length > 1, { what: 'the line' });
    assert.match(
      served.log[1] ?? '',
      /dropped a one-way call of "user\.service\.f" from .*: authorize of the server does not/,
    );
  });
});
