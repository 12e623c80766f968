import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { follow, lead } from './sharing.js';
import { connectionsTo, HAS_SOCKET_LIST } from './sockets.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

const WORKER = new URL('./fixtures/sharing-process.ts', import.meta.url);

interface Tally {
  readonly made: number;
  readonly answered: number;
  readonly wrong: number;
  readonly failures: readonly string[];
}

async function workers(t: TestContext, count: number, args: readonly string[]): Promise<SpawnedProcess[]> {
  const spawned = await Promise.all(Array.from({ length: count }, () => spawnProcess(t, WORKER, { args })));
  return spawned.map(({ child }) => child);
}

const isState = (state: string) => (message: Json) => {
  const { type, state: told } = message as Record<string, Json>;
  return type === 'share' && told === state;
};

const isType = (type: string) => (message: Json) => (message as Record<string, Json>)['type'] === type;

/** One wait for each process: two would take the message from each other. */
const leading = new WeakMap<SpawnedProcess, Promise<SpawnedProcess>>();

function leads(child: SpawnedProcess): Promise<SpawnedProcess> {
  const known = leading.get(child);
  if (known !== undefined) return known;
  const told = child.next({ match: isState('leading'), timeoutMs: 40_000 }).then(() => child);
  leading.set(child, told);
  return told;
}

/** The one of them that leads next. */
function leaderOf(children: readonly SpawnedProcess[]): Promise<SpawnedProcess> {
  return Promise.any(children.map(leads));
}

async function count(child: SpawnedProcess): Promise<number> {
  child.send('count');
  const { answered } = (await child.next({ match: isType('count') })) as { answered: number };
  return answered;
}

async function tallyOf(child: SpawnedProcess): Promise<Tally> {
  child.send('tally');
  return (await child.next({ match: isType('tally'), timeoutMs: 40_000 })) as unknown as Tally;
}

describe('the worker that leads a share', () => {
  it('is killed under load: every call settles, what waits goes on, and there are n + m connections again', async (t) => {
    const servers = await Promise.all(
      ['test-1', 'test-2', 'test-3'].map((id) => serve(t, { echo: (value: unknown) => value }, { id })),
    );
    const latePort = await unusedPort(t);
    const share = await freePort();
    const roster = [...servers.map(({ port, server }) => `${server.id}:${port}`), `late-1:${latePort}`].join(',');
    const all = await workers(t, 4, [`--share=${share}`, `--servers=${roster}`]);
    const first = await leaderOf(all);
    const others = all.filter((child) => child !== first);
    for (const child of others) {
      await child.next({ match: isState('following'), timeoutMs: 20_000 });
      await until(async () => (await count(child)) > 50, {
        what: 'calls by way of the one that leads',
        timeoutMs: 20_000,
      });
      child.send('late');
      await child.next({ match: isType('calling late') });
    }
    const ports = servers.map(({ port }) => port);
    if (HAS_SOCKET_LIST) {
      assert.equal(connectionsTo(ports), 3, 'one to each server');
      assert.equal(connectionsTo([share]), 3, 'one from each that follows');
    }
    await first.kill('SIGKILL');
    const second = await leaderOf(others);
    const counts = await Promise.all(others.map(count));
    await until(async () => (await Promise.all(others.map(count))).every((n, i) => n > (counts[i] as number) + 50), {
      what: 'calls by way of the next one',
      timeoutMs: 20_000,
    });
    if (HAS_SOCKET_LIST) {
      assert.equal(connectionsTo(ports), 3);
      await until(() => connectionsTo([share]) === 2, { what: 'two that follow' });
    }
    assert.equal(new Set([first, second]).size, 2);

    await serve(t, { echo: (value: unknown) => value }, { id: 'late-1', port: latePort });
    for (const child of others) {
      const { value } = (await child.next({ match: isType('late'), timeoutMs: 20_000 })) as { value: string };
      assert.equal(value, 'late');
    }
    // The one that leads last: those that are let go before it must not lose their way to it.
    for (const child of [...others.filter((each) => each !== second), second]) {
      const { made, answered, wrong, failures } = await tallyOf(child);
      assert.equal(made, answered + failures.length);
      assert.equal(wrong, 0);
      assert.deepEqual(
        [...new Set(failures)].filter((each) => !/^ERR_RPC_CONNECTION_LOST (unknown|not-sent)$/.test(each)),
        [],
      );
      assert.ok(failures.length <= 16, `${failures.length} calls were in flight, of 16`);
      t.diagnostic(`${made} calls, ${answered} answered, ${failures.length} lost in flight`);
    }
  });

  it('stops in order, and no call of the others fails', async (t) => {
    const served = await serve(t, { echo: (value: unknown) => value });
    const share = await freePort();
    const one = await lead(t, share, [served]);
    const two = await follow(t, share, [served]);
    const three = await follow(t, share, [served]);
    let isOver = false;
    let answered = 0;
    const callers = [two, three].flatMap(({ calls }) =>
      Array.from({ length: 8 }, async (_, caller) => {
        for (let i = 0; !isOver; i++) {
          assert.equal(await calls.echo(null, `${caller} ${i}`), `${caller} ${i}`);
          answered += 1;
        }
      }),
    );
    await until(() => answered > 100, { what: 'calls' });
    await one.client.stop();
    await until(() => [two, three].some(({ client }) => client.sharing === 'leading'), { what: 'the next to lead' });
    const before = answered;
    await until(() => answered > before + 100, { what: 'calls by way of the next' });
    isOver = true;
    await Promise.all(callers);
    await until(() => [two, three].some(({ client }) => client.sharing === 'following'), {
      what: 'the other to follow',
    });
  });

  it('answers what it has, when it stops, and no more', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass('answered'), f: () => 1 });
    const share = await freePort();
    const one = await lead(t, share);
    const two = await follow(t, share, [served]);
    const inFlight = two.calls.wait(null);
    await gate.arrivals(1);
    const stopped = one.client.stop();
    await until(() => two.client.sharing === 'leading', { what: 'the next to lead' });
    assert.equal(await two.calls.f(null), 1, 'while the last one still waits for an answer');
    gate.open();
    assert.equal(await inFlight, 'answered');
    await stopped;
    assert.equal(one.client.sharing, 'closed');
  });

  it('lets the next one lead at once when it stops, whatever its own calls wait for', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass('answered') });
    const down = { id: 'down-1', serverType: 'test', port: await unusedPort(t) };
    const share = await freePort();
    const one = await lead(t, share, [served, down], { drainTimeout: 1_500 });
    const two = await follow(t, share, [served]);
    const waiting = failure(one.calls.wait.toServer('down-1'));
    const inFlight = two.calls.wait(null);
    await gate.arrivals(1);
    const stopped = one.client.stop();
    await until(() => two.client.sharing === 'leading', { what: 'the other to lead' });
    gate.open();
    assert.equal(await inFlight, 'answered');
    assert.equal(await two.calls.wait(null), 'answered');
    await stopped;
    assert.equal((await waiting).code, 'ERR_RPC_CLOSED');
  });

  it('gives back what waits with it, when it stops', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: (n: number) => gate.pass(n) });
    const share = await freePort();
    const one = await lead(t, share, [], { maxInFlight: 2, drainTimeout: 20_000 });
    const two = await follow(t, share, [served]);
    const numbers = Array.from({ length: 12 }, (_, n) => n);
    const all = Promise.all(numbers.map((n) => two.calls.wait(null, n)));
    await gate.arrivals(2);
    const stopped = one.client.stop();
    await gate.arrivals(12); // the last ten by way of the one that leads now, while the first two still wait
    assert.equal(two.client.sharing, 'leading');
    gate.open();
    assert.deepEqual(await all, numbers);
    await stopped;
  });

  it('is gone with calls in flight: they are lost at once, and say by whom', async (t) => {
    const gate = makeGate();
    t.after(() => gate.open());
    const served = await serve(t, { wait: () => gate.pass() });
    const share = await freePort();
    const one = await lead(t, share);
    const two = await follow(t, share, [served]);
    const lost = failure(two.calls.wait(null));
    await gate.arrivals(1);
    await one.client.stop(true);
    const error = await lost;
    assert.deepEqual([error.code, error.delivery, error.serverId], ['ERR_RPC_CONNECTION_LOST', 'unknown', 'test-1']);
    assert.match(error.message, /the process that relayed the call is gone/);
  });

  it('is none that was told not to lead; calls wait for one', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const share = await freePort();
    const one = await call(t, [served], { share: { port: share, lead: false } });
    const early = await failure(one.calls.f.with({ timeout: 100 })(null));
    assert.deepEqual([early.code, early.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      early.message,
      new RegExp(`on port ${share} yet; start a process that may lead, one whose .share\\.lead. is not false`),
    );
    assert.equal(one.client.sharing, 'electing');
    const waiting = one.calls.f(null);
    const two = await lead(t, share);
    assert.equal(await waiting, 1);
    await two.client.stop();
    await until(() => one.client.sharing === 'electing', { what: 'the one that may not lead to wait' });
    const again = one.calls.f(null);
    await lead(t, share);
    assert.equal(await again, 1);
  });
});
