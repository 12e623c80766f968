import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { type ClusterOptions, resolveClusterOptions } from '../../../lib/cluster/options.js';
import type { Role } from '../../../lib/cluster/role/role.js';
import type { StartingReport } from '../../../lib/cluster/role/role-source.js';
import { SharedClient } from '../../../lib/cluster/shared-client.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import { until } from '../../support/until.js';

const LOST = new RpcError(RpcCode.ConnectionLost, 'the Leader of Data is gone');
const obstacle = (why: string, code: RpcCode = RpcCode.AddressInUse) => new RpcError(code, why);

/** A role that keeps what it is asked for, and answers each call with its arguments. */
function fakeRole(isLeader = false) {
  const asked: string[] = [];
  const methods = new Set<unknown>();
  const role: Role & { isFull: boolean } = {
    isLeader,
    isFull: false,
    subscribe: (key) => void asked.push(`subscribe ${key}`),
    unsubscribe: (key) => void asked.push(`unsubscribe ${key}`),
    publish: (_key, reg) => void asked.push(`publish ${JSON.stringify(reg)}`),
    invoke: (call: OutgoingCall) => {
      asked.push(`${call.method.name}(${call.args})${call.oneway ? ', one way' : ''}, ${call.timeout} ms`);
      methods.add(call.method);
      call.succeed(call.args);
    },
    drain: async () => {},
  };
  return { role, asked, methods };
}

function setUp(t: TestContext, given: ClusterOptions = {}) {
  const heard: string[] = [];
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const logger = { info: write, warn: write, error: write };
  const options = resolveClusterOptions({ name: 'Data', port: 1, formatKey: String, logger, ...given }, 'Data');
  const shared = new SharedClient(options, {
    onReady: () => heard.push('ready'),
    onLost: () => heard.push('lost'),
    onFailed: (error, isFirst) => heard.push(`${isFirst ? 'first ' : ''}failed: ${error.message}`),
    onSearching: () => heard.push('searching'),
    onError: (error) => heard.push(`error: ${error.message}`),
    onClosed: (reason) => heard.push(`closed: ${reason.message}`),
  });
  const source = {
    starting: undefined as StartingReport | undefined,
    started: 0,
    drained: [] as number[],
    drain: async (_reason: RpcError, ms: number) => void source.drained.push(ms),
    start: () => {
      source.started += 1;
    },
  };
  shared.start(source);
  t.after(() => shared.close().catch(() => {}));
  /** The outcome of a call. */
  const call = (name: string, ...args: unknown[]) =>
    new Promise<readonly unknown[] | Error>((resolve) =>
      shared.invoke(name, args, false, (error, results) => resolve(error ?? results)),
    );
  return { shared, source, heard, log, call };
}

const KEY = (id: string) => `$$inner$$__${id}`;

describe('SharedClient', () => {
  it('hands what its users have done so far to the first role', async (t) => {
    const { shared, source, heard, call } = setUp(t);
    shared.subscribe('a', () => {});
    shared.publish('old');
    shared.publish('b');
    shared.publish('old');
    const early = call('get', 1);
    assert.deepEqual([source.started, shared.isLeader, heard], [1, undefined, []]);
    const { role, asked } = fakeRole(true);
    shared.onRole(role);
    assert.deepEqual(await early, [1]);
    assert.deepEqual(asked, [`subscribe ${KEY('a')}`, 'publish "old"', 'publish "b"', 'get(1), 3000 ms']);
    assert.deepEqual([shared.isLeader, heard], [true, ['ready']]);
  });

  it('sends calls that came back to the next role, not to the same one again, and fails them when it is closed', async (t) => {
    const { shared, call } = setUp(t, { responseTimeout: 5_000 });
    const [first, next] = [fakeRole(), fakeRole()];
    let came = (_call: OutgoingCall): void => {};
    first.role.invoke = (each) => {
      each.move('sent');
      came(each);
    };
    shared.onRole(first.role);
    came = (each) => shared.onReturned(each);
    const outcomes = [call('get', 1), call('get', 2)];
    assert.deepEqual(next.asked, []);
    shared.onLost(LOST);
    shared.onRole(next.role);
    assert.deepEqual(await Promise.all(outcomes), [[1], [2]]);
    assert.deepEqual(next.asked, ['get(1), 5000 ms', 'get(2), 5000 ms']);
    next.role.invoke = first.role.invoke;
    const late = call('get', 3);
    await shared.close();
    const { code, delivery } = (await late) as unknown as RpcError;
    assert.deepEqual([code, delivery], [RpcCode.Closed, 'not-sent']);
  });

  it('takes subscriptions and publications over to each next role', (t) => {
    const { shared, heard, log } = setUp(t);
    shared.onRole(fakeRole().role);
    shared.subscribe('a', () => {});
    shared.subscribe('b', () => {});
    shared.unsubscribe('b');
    shared.publish('p');
    shared.onLost(LOST);
    assert.equal(shared.isLeader, undefined);
    const next = fakeRole();
    shared.onRole(next.role);
    assert.deepEqual(next.asked, [`subscribe ${KEY('a')}`, 'publish "p"']);
    assert.deepEqual(heard, ['ready', 'lost', 'ready']);
    assert.deepEqual(log, [`mailstation: ${LOST.message}; process ${process.pid} competes to be the next Leader`]);
  });

  it('logs once a second that its Leader is gone, however often it loses one', async (t) => {
    const { shared, log } = setUp(t);
    for (let n = 0; n < 30; n++) {
      shared.onRole(fakeRole().role);
      shared.onLost(LOST);
    }
    const line = `mailstation: ${LOST.message}; process ${process.pid} competes to be the next Leader`;
    assert.deepEqual(log, [line]);
    await shared.close();
    assert.deepEqual(log, [line, `${line} (and 28 more like it, left out)`]);
  });

  it('subscribes once per key, and unsubscribes with the last listener', (t) => {
    const { shared } = setUp(t);
    const { role, asked } = fakeRole();
    shared.onRole(role);
    const [one, two] = [() => {}, () => {}];
    for (const listener of [one, two]) shared.subscribe('a', listener);
    shared.unsubscribe('a', one);
    shared.unsubscribe('a', two);
    assert.deepEqual(asked, [`subscribe ${KEY('a')}`, `unsubscribe ${KEY('a')}`]);
  });

  it('gives a value to the listeners of its key', (t) => {
    const { shared } = setUp(t);
    const values: unknown[] = [];
    shared.subscribe('a', (value) => values.push(value));
    shared.onValue(KEY('a'), EncodedValue.of(1, STOCK_CODEC));
    shared.onValue(KEY('b'), EncodedValue.of(2, STOCK_CODEC));
    assert.deepEqual(values, [1]);
  });

  it('calls by one method per name', async (t) => {
    const { shared, call } = setUp(t);
    const { role, methods } = fakeRole();
    shared.onRole(role);
    await Promise.all([call('get', 1), call('get', 2), call('set', 1)]);
    assert.equal(methods.size, 2);
  });

  it('holds calls while the role is full, and says so where that takes too long', async (t) => {
    const { shared, call } = setUp(t, { maxWaitTime: 50 });
    const { role, asked } = fakeRole();
    role.isFull = true;
    shared.onRole(role);
    const late = (await call('get', 1)) as Error;
    assert.match(late.message, /the Leader of Data took no more calls for 50 ms/);
    assert.equal(late.name, 'ResponseTimeoutError');
    const held = call('get', 2);
    role.isFull = false;
    shared.onDrained();
    assert.deepEqual([await held, asked], [[2], ['get(2), 3000 ms']]);
  });

  it('rejects a call, and then ready(), when no process leads in time; a later role makes it ready', async (t) => {
    const { shared, heard, call } = setUp(t, { maxWaitTime: 50 });
    shared.onPassingObstacle(obstacle('the port is in use'));
    const late = (await call('get', 1)) as RpcError;
    assert.match(late.message, /no process had led Data on port 1 after 50 ms; the port is in use/);
    assert.deepEqual([late.code, late.delivery], [RpcCode.Timeout, 'not-sent']);
    await until(() => heard.length > 0, { what: 'the failure' });
    const why = '[ClusterClient] leader of "Data" does not be active in 50ms on port:1: the port is in use';
    assert.deepEqual(heard, [`first failed: ${why}`]);
    shared.onRole(fakeRole().role);
    assert.deepEqual(heard.slice(1), ['ready']);
  });

  it('logs an obstacle once per kind, and again after a role', (t) => {
    const { shared, log } = setUp(t);
    shared.onObstacle(obstacle('process 1 has the port'));
    shared.onObstacle(obstacle('process 2 has the port'));
    shared.onObstacle(obstacle('no answer', RpcCode.Register));
    shared.onRole(fakeRole().role);
    shared.onObstacle(obstacle('not electing'));
    shared.onLost(LOST);
    shared.onObstacle(obstacle('process 3 has the port'));
    const line = (why: string) => `mailstation: Data has no Leader yet, and goes on trying: ${why}`;
    assert.deepEqual(
      log.filter((each) => each.includes('goes on trying')),
      ['process 1 has the port', 'no answer', 'process 3 has the port'].map(line),
    );
  });

  it('rejects all calls with the failure itself, until there is a role', async (t) => {
    const { shared, heard, call } = setUp(t);
    const early = call('get', 1);
    const [reason, later] = [new Error('no such host'), new Error('once more')];
    shared.onFailed(reason);
    assert.deepEqual([await early, await call('get', 2)], [reason, reason]);
    shared.onFailed(later);
    assert.equal(await call('get', 3), later);
    shared.onRole(fakeRole().role);
    assert.deepEqual(await call('get', 4), [4]);
    assert.deepEqual(heard, ['first failed: no such host', 'failed: once more', 'ready']);
  });

  it('waits for a Leader again when a failure is over', async (t) => {
    const { shared, heard, call } = setUp(t);
    shared.onSearching(); // has not failed
    shared.onFailed(new Error('no such host'));
    shared.onSearching();
    const waiting = call('get', 1);
    shared.onRole(fakeRole().role);
    assert.deepEqual(await waiting, [1]);
    assert.deepEqual(heard, ['first failed: no such host', 'searching', 'ready']);
  });

  it('closes once: what waits is rejected, and the source is drained', async (t) => {
    const { shared, source, heard, call } = setUp(t, { responseTimeout: 70 });
    const early = call('get', 1);
    const closed = shared.close();
    assert.equal(shared.close(), closed);
    shared.onError(new Error('while closing'));
    await closed;
    for (const outcome of [await early, await call('get', 2)])
      assert.deepEqual([(outcome as RpcError).code, (outcome as Error).name], [RpcCode.Closed, 'SocketCloseError']);
    shared.onRole(fakeRole().role);
    assert.deepEqual([source.drained, heard, shared.isLeader], [[70], ['closed: Data was closed'], undefined]);
  });

  it('is closed also where its source fails to drain', async (t) => {
    const { shared, source, heard } = setUp(t);
    source.drain = () => Promise.reject(new Error('stuck'));
    await assert.rejects(shared.close(), { message: 'stuck' });
    assert.deepEqual(heard, ['closed: Data was closed']);
  });
});
