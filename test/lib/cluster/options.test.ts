import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ClusterOptions, resolveClusterOptions } from '../../../lib/cluster/options.js';
import { portOf, urlOf } from '../../../lib/endpoint.js';
import { RpcCode } from '../../../lib/errors.js';

const VARIABLES = ['PORT', 'SINGLE_MODE', 'CONNECT_TIMEOUT'].map((name) => `NODE_CLUSTER_CLIENT_${name}`);

/** The environment as it is said, and as it was after the test. */
function environment(t: TestContext, values: Record<string, string> = {}): void {
  for (const name of VARIABLES) {
    const before = process.env[name];
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
    delete process.env[name];
  }
  Object.assign(process.env, values);
}

describe('resolveClusterOptions', () => {
  it("has cluster-client's defaults", (t) => {
    environment(t);
    const { formatKey, logger, ...options } = resolveClusterOptions({}, 'RegistryClient');
    assert.deepEqual(options, {
      name: 'RegistryClient',
      endpoint: { transport: 'tcp', host: '127.0.0.1', port: 7777 },
      port: 7777,
      isLeader: undefined,
      singleMode: false,
      maxWaitTime: 30_000,
      connectTimeout: 10_000,
      responseTimeout: 3_000,
      heartbeatInterval: 20_000,
      isCheckHeartbeat: true,
      autoGenerate: true,
      isBroadcast: true,
      subscribeTimeout: undefined,
      pendingSize: 10_000,
      maxFrameBytes: 64 * 1024 * 1024,
      clientId: `process ${process.pid}`,
      expectedErrors: [],
      exposeStack: false,
      localCopies: true,
      localDeadline: true,
      secrets: undefined,
      transcode: undefined,
    });
    assert.equal(formatKey({ a: 1 }), '{"a":1}');
    assert.equal(typeof logger.warn, 'function');
  });

  it('takes what is not given from the environment, as it is at the call', (t) => {
    environment(t, {
      NODE_CLUSTER_CLIENT_PORT: '8123',
      NODE_CLUSTER_CLIENT_SINGLE_MODE: '1',
      NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT: '1234',
    });
    const { endpoint, singleMode, connectTimeout } = resolveClusterOptions({}, 'A');
    assert.deepEqual([urlOf(endpoint), singleMode, connectTimeout], ['tcp://127.0.0.1:8123', true, 1_234]);
    const given = resolveClusterOptions({ port: 9000, singleMode: false, connectTimeout: 5 }, 'A');
    assert.deepEqual([portOf(given.endpoint), given.singleMode, given.connectTimeout], [9000, false, 5]);
    assert.equal(portOf(resolveClusterOptions({ port: '9001' }, 'A').endpoint), 9001);
    assert.equal(urlOf(resolveClusterOptions({ path: '/run/a.sock' }, 'A').endpoint), 'unix:/run/a.sock');
  });

  it('passes over what the environment does not say', (t) => {
    environment(t, {
      NODE_CLUSTER_CLIENT_PORT: 'none',
      NODE_CLUSTER_CLIENT_SINGLE_MODE: 'true',
      NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT: '0',
    });
    const { endpoint, singleMode, connectTimeout } = resolveClusterOptions({}, 'A');
    assert.deepEqual([portOf(endpoint), singleMode, connectTimeout], [7777, false, 10_000]);
  });

  it('takes the path of a socket in place of a port, also from the environment', (t) => {
    environment(t, { NODE_CLUSTER_CLIENT_PORT: '/run/env.sock' });
    const urls = [{}, { path: '/run/a.sock' }, { port: '/run/b.sock' }, { port: 'unix:/run/c.sock' }, { port: 1 }].map(
      (given) => urlOf(resolveClusterOptions(given, 'A').endpoint),
    );
    assert.deepEqual(urls, [
      ...['unix:/run/env.sock', 'unix:/run/a.sock', 'unix:/run/b.sock', 'unix:/run/c.sock', 'tcp://127.0.0.1:1'],
    ]);
    assert.throws(() => resolveClusterOptions({ port: 1, path: '/run/a.sock' }, 'A'), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: 'path cannot be combined with port: leave one of them out',
    });
  });

  it('refuses a port of the environment that is none', (t) => {
    environment(t, { NODE_CLUSTER_CLIENT_PORT: '70000' });
    assert.throws(() => resolveClusterOptions({}, 'A'), { code: RpcCode.InvalidArgument, message: /port.*70000/ });
  });

  it('reads isLeader as true, false, or neither', (t) => {
    environment(t);
    const read = (isLeader: boolean | null | undefined) =>
      resolveClusterOptions(isLeader === undefined ? {} : { isLeader }, 'A').isLeader;
    assert.deepEqual([true, false, null, undefined].map(read), [true, false, undefined, undefined]);
  });

  it('takes 0 for a subscribeTimeout that is never', (t) => {
    environment(t);
    assert.equal(resolveClusterOptions({ subscribeTimeout: 0 }, 'A').subscribeTimeout, undefined);
    assert.equal(resolveClusterOptions({ subscribeTimeout: 50 }, 'A').subscribeTimeout, 50);
  });

  it('makes a string of what formatKey gives', (t) => {
    environment(t);
    const formatKey = (reg: unknown) => (reg as { id: number }).id as unknown as string;
    assert.equal(resolveClusterOptions({ formatKey }, 'A').formatKey({ id: 7 }), '7');
  });

  const WRONG: readonly [option: string, values: readonly unknown[]][] = [
    ['name', ['', 1]],
    ['port', [0, 65_536, '77x7', 1.5]],
    ['isLeader', ['true', 1]],
    ['singleMode', ['1', 1]],
    ['maxWaitTime', [0, -1, 2 ** 31, '1']],
    ['connectTimeout', [0, Number.NaN]],
    ['responseTimeout', [0, Number.POSITIVE_INFINITY]],
    ['heartbeatInterval', [0]],
    ['isCheckHeartbeat', ['no']],
    ['autoGenerate', [0]],
    ['isBroadcast', [null]],
    ['subscribeTimeout', [-1, 'soon']],
    ['pendingSize', [-1, 0.5]],
    ['maxFrameBytes', [24, 2 ** 32]],
    ['exposeStack', ['yes']],
    ['expectedErrors', ['E_X', [5], {}]],
    ['transcode', [{}, { encode() {} }, null]],
    ['formatKey', ['{}']],
    ['logger', [{}, 'console']],
  ];
  for (const [option, values] of WRONG) {
    it(`refuses a wrong ${option}, and names it`, (t) => {
      environment(t);
      for (const value of values) {
        assert.throws(() => resolveClusterOptions({ [option]: value } as ClusterOptions, 'A'), {
          code: RpcCode.InvalidArgument,
          message: new RegExp(option),
        });
      }
    });
  }

  it('wants a name where the class has none', (t) => {
    environment(t);
    assert.throws(() => resolveClusterOptions({}, ''), { code: RpcCode.InvalidArgument, message: /option name/ });
    assert.equal(resolveClusterOptions({ name: 'given' }, '').name, 'given');
  });
});
