import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import type { RpcMessage } from '../../lib/rpc-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { ConnectHook, CustomMailBox, FreshConnection } from '../../mailbox/index.js';
import { type Client, type ClientOptions, createClient } from '../../node-client.js';
import { expectNoLeaks } from '../support/leaks.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { type Calls, deferred, failure, keptLog, overTransports, type Served, serve } from './support.js';

const PROCESS = new URL('./fixtures/server-process.ts', import.meta.url);

/** A chat whose rooms are lost with it. */
function chat() {
  const rooms = new Set<string>();
  const log: string[] = [];
  return {
    rooms,
    log,
    join: (room: string) => {
      rooms.add(room);
      log.push(`join ${room}`);
    },
    say: (room: string, text: string) => {
      log.push(`say ${text}`);
      if (!rooms.has(room)) throw new Error('join first');
      return text;
    },
    hang: () => new Promise(() => {}),
  };
}

interface Hooked {
  readonly client: Client;
  readonly calls: Calls;
  /** Each run of the hook. */
  readonly runs: FreshConnection[];
  readonly moves: string[];
  readonly log: string[];
}

async function hooked(
  t: Pick<TestContext, 'after'>,
  servers: readonly (Served | ServerInfo)[],
  hook: (connection: FreshConnection, calls: Calls) => unknown,
  options: ClientOptions = {},
): Promise<Hooked> {
  const { logger, lines } = keptLog();
  const client = createClient({ timeout: 10_000, logger, ...options });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  client.addServers(servers.map((server) => ('info' in server ? (server.info as ServerInfo) : server)));
  // biome-ignore lint/suspicious/noExplicitAny: what is called is the test's own
  const calls = (client.proxies as any).user.test.service as Calls;
  const runs: FreshConnection[] = [];
  const moves: string[] = [];
  client.on('mailbox', (id, to, from) => moves.push(`${id} ${from} -> ${to}`));
  client.onConnect('test', (connection) => {
    runs.push(connection);
    return hook(connection, calls);
  });
  await client.start();
  return { client, calls, runs, moves, log: lines };
}

const joins = async ({ server }: FreshConnection, calls: Calls): Promise<void> => {
  await calls['join'].toServer(server.id, 'lobby');
};
const says = (calls: Calls, from: number, to: number): Promise<unknown>[] =>
  Array.from({ length: to - from }, (_, n) => calls['say'](null, 'lobby', `${from + n}`));

describe('a hook for fresh connections', () => {
  overTransports((transport) => {
    it('is awaited before what waits, on the first connection and after each restart', async (t) => {
      expectNoLeaks(t);
      const first = chat();
      const served = await serve(t, first, { transport });
      const { calls, runs, moves } = await hooked(t, [served], joins);
      assert.deepEqual(await Promise.all(says(calls, 0, 3)), ['0', '1', '2']);
      assert.deepEqual(first.log, ['join lobby', 'say 0', 'say 1', 'say 2']);
      assert.deepEqual(moves, [
        'test-1 idle -> connecting',
        'test-1 connecting -> preparing',
        'test-1 preparing -> ready',
      ]);
      await served.server.stop(true);
      await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the loss to be noticed' });
      const waiting = says(calls, 3, 60);
      const second = chat();
      await serve(t, second, { transport, port: served.port });
      assert.equal((await Promise.all(waiting)).length, 57);
      assert.equal(second.log[0], 'join lobby');
      assert.deepEqual(
        runs.map(({ isNew, server }) => [isNew, server.id]),
        [
          [true, 'test-1'],
          [true, 'test-1'],
        ],
      );
      assert.notEqual(runs[0]?.generation, runs[1]?.generation);
    });
  });

  it('is awaited before what waits for a server process that was killed and started again', async (t) => {
    expectNoLeaks(t);
    const start = async (port = 0) => {
      const { child, ready } = await spawnProcess(t, PROCESS, { args: [`--port=${port}`] });
      return { child, port: ready['port'] as number };
    };
    const called = (message: unknown) => (message as { type?: string }).type === 'called';
    const first = await start();
    const server = { id: 'test-1', serverType: 'test', port: first.port };
    const hook = (_connection: FreshConnection, calls: Calls) => calls['sleep'].toServer('test-1', 1);
    const { calls, runs, moves } = await hooked(t, [server], hook);
    await calls['echo'](null, 'a');
    await first.child.kill('SIGKILL');
    await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the loss to be noticed' });
    const waiting = ['b', 'c'].map((value) => calls['echo'](null, value));
    const second = await start(first.port);
    assert.deepEqual(await Promise.all(waiting), ['b', 'c']);
    const order = [];
    for (let n = 0; n < 3; n++) order.push(((await second.child.next({ match: called })) as { method: string }).method);
    assert.deepEqual(order, ['sleep', 'echo', 'echo']);
    assert.deepEqual(
      runs.map(({ isNew }) => isNew),
      [true, true],
    );
  });

  it('sees whether the server is the process of before, and may leave out what that process has', async (t) => {
    const room = chat();
    const served = await serve(t, room);
    const hook = async (connection: FreshConnection, calls: Calls): Promise<void> => {
      if (connection.isNew) await joins(connection, calls);
    };
    const { client, calls, runs } = await hooked(t, [served], hook);
    await Promise.all(says(calls, 0, 1));
    client.replaceServers([{ ...served.info, host: 'localhost' }]);
    await Promise.all(says(calls, 1, 2));
    assert.deepEqual(room.log, ['join lobby', 'say 0', 'say 1']);
    assert.deepEqual(
      runs.map(({ isNew }) => isNew),
      [true, false],
    );
    assert.equal(runs[0]?.generation, runs[1]?.generation);
  });

  it('passes calls of every form at once, also after its awaits, and those that have to wait for room', async (t) => {
    expectNoLeaks(t);
    const room = chat();
    const served = await serve(t, room);
    const hook = async ({ server }: FreshConnection, calls: Calls): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => calls['join'].toServer(server.id, 'by callback', resolve));
      await calls['join'].toServer.oneway?.(server.id, 'one way');
      await client.rpcInvoke(server.id, { namespace: 'user', service: 'service', method: 'join', args: ['invoked'] });
      await Promise.all(['a', 'b', 'c', 'lobby'].map((name) => calls['join'](null, name)));
    };
    const { client, calls } = await hooked(t, [served], hook, { maxInFlight: 1 });
    client.before((_id, _msg, _opts, next) => setImmediate(next));
    await Promise.all(says(calls, 0, 2));
    assert.deepEqual(
      room.log.filter((line) => line !== 'join one way'),
      ['join by callback', 'join invoked', 'join a', 'join b', 'join c', 'join lobby', 'say 0', 'say 1'],
    );
  });

  it('that throws runs again on the same connection, and each call waits until its deadline', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, chat());
    let connections = 0;
    served.server.on('connection', () => {
      connections += 1;
    });
    let isBroken = true;
    const hook: ConnectHook = () => {
      if (isBroken) throw new Error('no rooms yet');
    };
    const { calls, runs, log, moves } = await hooked(t, [served], hook);
    const first = calls['join'](null, 'w');
    await until(() => runs.length > 1, { what: 'another run' });
    const error = await failure(calls['join'].with({ timeout: 150 })(null, 'x'));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      error.message,
      /^user\.service\.join on test-1: not sent within 150 ms: the onConnect hook for test-1 failed: no rooms yet/,
    );
    assert.equal((error.cause as { cause?: Error }).cause?.message, 'no rooms yet');
    assert.match(log[0] ?? '', /the onConnect hook for test-1 failed and will run again.*no rooms yet/s);
    const waiting = calls['join'](null, 'y');
    isBroken = false;
    await Promise.all([first, waiting]);
    assert.equal(connections, 1);
    assert.deepEqual(new Set(runs.map(({ isNew }) => isNew)), new Set([true]), 'new until the hook has succeeded');
    assert.ok(moves.includes('test-1 preparing -> backoff') && moves.includes('test-1 backoff -> preparing'));
  });

  it('that fails is out of reach for calls that go elsewhere, with failover', async (t) => {
    const other = chat();
    const servers = [await serve(t, chat()), await serve(t, other, { id: 'test-2' })];
    const hook = ({ server }: FreshConnection): void => {
      if (server.id === 'test-1') throw new Error('not this one');
    };
    const { calls } = await hooked(t, servers, hook, { failMode: 'failover', router: () => 'test-1' });
    await calls['join'](null, 'x');
    assert.deepEqual(other.log, ['join x']);
    const error = await failure(calls['join'].with({ failMode: 'failfast', timeout: 60 })(null, 'y'));
    assert.match(error.message, /the onConnect hook for test-1 failed: not this one/);
  });

  it('that never ends strands no call, and its calls do not reach the next connection', async (t) => {
    expectNoLeaks(t);
    const first = chat();
    const served = await serve(t, first);
    const goOn = deferred();
    const late = deferred<unknown>();
    let run = 0;
    const hook = async (connection: FreshConnection, calls: Calls): Promise<void> => {
      run += 1;
      if (run > 1) return joins(connection, calls);
      await goOn.promise;
      late.resolve(await failure(calls['join'].toServer('test-1', 'late')));
    };
    const { calls, runs, moves } = await hooked(t, [served], hook);
    const waiting = says(calls, 0, 2);
    await until(() => runs.length === 1, { what: 'the hook to run' });
    const error = await failure(calls['say'].with({ timeout: 60 })(null, 'lobby', 'x'));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'not-sent']);
    assert.match(error.message, /not sent within 60 ms: the onConnect hook for test-1 has run for \d+ ms/);
    await served.server.stop(true);
    await until(() => moves.includes('test-1 preparing -> backoff'), { what: 'the loss to be noticed' });
    assert.equal(runs[0]?.signal.aborted, true);
    const second = chat();
    await serve(t, second, { port: served.port });
    assert.deepEqual(await Promise.all(waiting), ['0', '1']);
    goOn.resolve();
    const lost = (await late.promise) as { code: string; delivery: string };
    assert.deepEqual([lost.code, lost.delivery], ['ERR_RPC_CONNECTION_LOST', 'not-sent']);
    assert.deepEqual([...second.rooms], ['lobby']);
    assert.equal(runs[1]?.signal.aborted, false);
  });

  it('whose call is in flight when the connection is lost sees that call fail, and runs again', async (t) => {
    const served = await serve(t, chat());
    const failures: string[] = [];
    const hook = async (connection: FreshConnection, calls: Calls): Promise<void> => {
      if (failures.length > 0) return joins(connection, calls);
      failures.push((await failure(calls['hang'].toServer('test-1'))).code);
    };
    const { calls, moves } = await hooked(t, [served], hook);
    const waiting = says(calls, 0, 2);
    await until(() => moves.includes('test-1 connecting -> preparing'), { what: 'the hook to run' });
    await until(() => served.server.state === 'leader', { what: 'the server' });
    await served.server.stop(true);
    await serve(t, chat(), { port: served.port });
    assert.deepEqual(await Promise.all(waiting), ['0', '1']);
    assert.deepEqual(failures, ['ERR_RPC_CONNECTION_LOST']);
  });

  it('runs on the next server after a goaway, while a standby takes over', async (t) => {
    expectNoLeaks(t);
    const [first, second] = [chat(), chat()];
    const a = await serve(t, first, { port: await freePort(), standby: true });
    const b = await serve(t, second, { port: a.port, standby: true });
    const { calls, runs } = await hooked(t, [a], joins);
    await Promise.all(says(calls, 0, 5));
    const more = says(calls, 5, 10);
    await a.server.stop();
    assert.equal((await Promise.all([...more, ...says(calls, 10, 20)])).length, 15);
    await until(() => b.server.state === 'leader', { what: 'the standby to lead' });
    assert.equal(second.log[0], 'join lobby');
    assert.equal(runs.at(-1)?.isNew, true);
  });

  it('runs in each process that shares mailboxes, and again when another process leads', async (t) => {
    expectNoLeaks(t);
    const room = chat();
    const served = await serve(t, room);
    const share = { port: await freePort() };
    const leading = await hooked(t, [served], joins, { share });
    await until(() => leading.client.sharing === 'leading', { what: 'the first to lead' });
    const following = await hooked(t, [served], joins, { share });
    await until(() => following.client.sharing === 'following', { what: 'the second to follow' });
    await Promise.all([...says(leading.calls, 0, 2), ...says(following.calls, 2, 4)]);
    assert.equal(leading.runs[0]?.generation, following.runs[0]?.generation);
    assert.match(String(following.runs[0]?.generation), /^[\w-]{16}$/);
    await leading.client.stop();
    await Promise.all(says(following.calls, 4, 6));
    assert.deepEqual(
      following.runs.map(({ isNew }) => isNew),
      [true, false],
    );
    await served.server.stop(true);
    await until(() => following.moves.at(-1)?.endsWith('backoff'), { what: 'the loss to be noticed' });
    const waiting = says(following.calls, 6, 8);
    const next = chat();
    await serve(t, next, { port: served.port });
    await Promise.all(waiting);
    assert.equal(next.log[0], 'join lobby');
    assert.equal(following.runs.at(-1)?.isNew, true);
  });

  it('runs for custom mailboxes, with the generation that these announce', async (t) => {
    class OwnMailBox extends EventEmitter implements CustomMailBox {
      readonly generation = 'own';
      connect(_tracer: null, callback: () => void): void {
        setImmediate(callback);
      }
      send(_tracer: null, { method }: RpcMessage, _opts: object, answer: Parameters<CustomMailBox['send']>[3]): void {
        seen.push(method);
        answer(null, null, [null, method]);
      }
      close(): void {
        this.emit('close', 'test-1');
      }
    }
    const seen: string[] = [];
    const server = { id: 'test-1', serverType: 'test', port: 1 };
    const { calls, runs } = await hooked(t, [server], joins, { mailboxFactory: () => new OwnMailBox() });
    assert.deepEqual(await Promise.all(says(calls, 0, 1)), ['say']);
    assert.deepEqual(seen, ['join', 'say']);
    assert.equal(runs[0]?.generation, 'own');
  });

  it('that runs for longer than idleTimeout leaves no call behind', async (t) => {
    const room = chat();
    const served = await serve(t, room);
    let isFirst = true;
    const hook = async (connection: FreshConnection, calls: Calls): Promise<void> => {
      if (isFirst) {
        isFirst = false;
        await new Promise((resolve) => connection.signal.addEventListener('abort', resolve));
      }
      await joins(connection, calls).catch(() => {});
    };
    const { calls, moves } = await hooked(t, [served], hook, { idleTimeout: 40 });
    assert.deepEqual(await Promise.all(says(calls, 0, 2)), ['0', '1']);
    assert.ok(moves.includes('test-1 preparing -> idle'));
  });

  it('ends with its client, and is no hook for other types of servers', async (t) => {
    expectNoLeaks(t);
    const [served, other] = [await serve(t, chat()), await serve(t, chat(), { id: 'other-1', serverType: 'other' })];
    const { client, calls, runs } = await hooked(t, [served, other], () => new Promise(() => {}), { drainTimeout: 50 });
    const invoked = client.rpcInvoke('other-1', { namespace: 'user', service: 'service', method: 'join', args: ['x'] });
    await invoked;
    const waiting = failure(calls['join'](null, 'x'));
    await until(() => runs.length === 1, { what: 'the hook to run' });
    await client.stop();
    assert.equal((await waiting).code, 'ERR_RPC_CLOSED');
    assert.equal(runs[0]?.signal.aborted, true);
  });

  it('is refused after the start, and where it is no function', async (t) => {
    const { client } = await hooked(t, [], joins);
    assert.throws(() => client.onConnect(joins as ConnectHook), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message:
        'onConnect was called after start(): connections that exist would not be prepared; add the hook before client.start()',
    });
    const fresh = createClient();
    assert.throws(() => fresh.onConnect('test', 'x' as never), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /^the hook of onConnect must be a function, got "x"/,
    });
  });
});
