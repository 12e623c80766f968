import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClientOptions } from '../../client.js';
import { until } from '../support/until.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

/** `test-1`, which answers nothing until its gate is opened, and two that are well. Late calls have 100 ms. */
async function setUp(t: TestContext, options: ClientOptions = {}) {
  const gate = makeGate();
  const stuck = await serve(t, {
    f: () => gate.pass('test-1'),
    fail: () => Promise.reject(new Error()),
    well: () => 'well',
  });
  const others = [
    await serve(t, { f: () => 'test-2' }, { id: 'test-2' }),
    await serve(t, { f: () => 'test-3' }, { id: 'test-3' }),
  ];
  const calling = await call(t, [stuck, ...others], { ejection: true, routerType: 'rr', ...options });
  const { client, calls } = calling;
  const told: string[] = [];
  client.on('eject', (id, { code }) => told.push(`eject ${id} ${code}`));
  client.on('readmit', (id, by) => told.push(`readmit ${id} ${by}`));
  const timeOut = async (times: number) => {
    const late = calls.f.with({ timeout: 100 });
    for (const error of await Promise.all(Array.from({ length: times }, () => failure(late.toServer('test-1')))))
      assert.equal(error.code, 'ERR_RPC_TIMEOUT');
  };
  /** As often as it takes: while our own event loop is kept, what times out is not held against the server. */
  const ejected = async () => {
    while (told.length === 0) await timeOut(5);
  };
  await Promise.all(['test-2', 'test-3'].map((id) => calls.f.toServer(id)));
  await failure(calls.fail.toServer('test-1')); // connected
  const answers = async () => new Set(await Promise.all(Array.from({ length: 12 }, () => calls.f(null))));
  return { ...calling, gate, stuck, told, timeOut, ejected, answers };
}

describe('ejection', () => {
  it('keeps routed calls from a server that times out; what names it still goes there', async (t) => {
    const { client, calls, gate, told, ejected, answers } = await setUp(t);
    await ejected();
    assert.deepEqual(told, ['eject test-1 ERR_RPC_TIMEOUT']);
    assert.deepEqual(await answers(), new Set(['test-2', 'test-3']));
    assert.deepEqual(
      client.getServersByType('test').map(({ id }) => id),
      ['test-2', 'test-3'],
    );
    assert.equal(Object.keys(client.servers).length, 3);
    const health = client.health('test-1');
    assert.deepEqual([health?.state, health?.reason?.code], ['ejected', 'ERR_RPC_TIMEOUT']);
    assert.equal(client.health('test-2')?.state, 'admitted');
    gate.open();
    assert.equal(await calls.f.toServer('test-1'), 'test-1');
    assert.equal((await calls.f.toServer('*')).length, 3);
  });

  it('ends with its time', async (t) => {
    const { gate, told, ejected, answers } = await setUp(t, { ejection: { baseEjectionTime: 100 } });
    await ejected();
    gate.open();
    await until(() => told.length === 2, { what: 'the readmission' });
    assert.equal(told[1], 'readmit test-1 time');
    assert.deepEqual(await answers(), new Set(['test-1', 'test-2', 'test-3']));
  });

  it("counts failures in a row, and none of a method's own", async (t) => {
    const { calls, told, timeOut } = await setUp(t);
    await timeOut(4);
    await calls.well.toServer('test-1');
    await timeOut(4);
    await failure(calls.fail.toServer('test-1'));
    await timeOut(4);
    for (let n = 0; n < 10; n++) await failure(calls.fail.toServer('test-1'));
    assert.deepEqual(told, []);
  });

  it('sends calls elsewhere while nobody listens there, and back as soon as somebody does', async (t) => {
    const port = await unusedPort(t);
    const well = await serve(t, { f: () => 'test-2' }, { id: 'test-2' });
    const dead = { id: 'test-1', serverType: 'test', port };
    const { client, calls } = await call(t, [dead, well], { ejection: true, routerType: 'rr' });
    const told: string[] = [];
    client.on('eject', (id) => told.push(`eject ${id}`));
    client.on('readmit', (id, by) => told.push(`readmit ${id} ${by}`));
    const waits = calls.f.toServer('test-1');
    await until(() => told.length === 1, { what: 'the ejection' });
    assert.deepEqual(await Promise.all([calls.f(null), calls.f(null)]), ['test-2', 'test-2']);
    await serve(t, { f: () => 'test-1' }, { port });
    assert.equal(await waits, 'test-1', 'what waited for it lost nothing');
    assert.deepEqual(told, ['eject test-1', 'readmit test-1 connection']);
    assert.deepEqual(new Set([await calls.f(null), await calls.f(null)]), new Set(['test-1', 'test-2']));
  });

  it('is forgotten for a server that moved elsewhere', async (t) => {
    const { client, stuck, ejected, answers, told } = await setUp(t);
    await ejected();
    const moved = await serve(t, { f: () => 'moved' }, { id: 'test-1' });
    client.addServer({ ...stuck.info, port: moved.port });
    assert.deepEqual(await answers(), new Set(['moved', 'test-2', 'test-3']));
    assert.equal(told.length, 1);
  });

  it('does not happen unless asked for', async (t) => {
    const { client, told, timeOut } = await setUp(t, { ejection: false });
    await timeOut(20);
    assert.deepEqual([told, client.health('test-1'), client.getServersByType('test').length], [[], undefined, 3]);
  });

  it('ends with the client', async (t) => {
    const { client, ejected, told } = await setUp(t, { ejection: { baseEjectionTime: 200 } });
    await ejected();
    await client.stop(true);
    const before = told.length; // on a busy machine its time may be over by now
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(told.length, before);
  });
});
